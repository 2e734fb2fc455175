"""Colours and fonts of charts and drawings; the colours are Okabe and Ito's, made for colour-blind people too."""

BLUE, VERMILLION, BLACK, GREY, LIGHT, INK = "#0072B2", "#D55E00", "#000000", "#767676", "#EDEDED", "#333333"
GREEN, ORANGE, SKY = "#009E73", "#E69F00", "#56B4E9"
FONT = "'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
