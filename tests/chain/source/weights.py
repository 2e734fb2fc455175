"""Weights of the calls: the public source's `#[pallet::weight(...)]` with the `SubstrateWeight` of its `weights.rs`.

Source: opentensor/subtensor at 14bc6f9f964b, `pallets/*/src` of admin-utils, commitments, crowdloan, drand, proxy,
shield, swap, utility, and `pallets/subtensor/src/macros/dispatches.rs`. The factors are its runtime's: 20 proxies, 75
announcements, 500 contributors, 50 refunds in one call. The four calls of collateral are newer: coldint/subtensor at
666be267 and 02214123. The pallets of the Polkadot SDK are not here: `test_fees.py`
holds them to what mainnet charges.

Columns: call, picoseconds, database reads and writes, whether the signer pays (`Pays::No`: free), class. In the second
table the weights of the inner calls are added.
"""

from __future__ import annotations

from dataclasses import dataclass

_PLAIN = """
AdminUtils.sudo_set_activity_cutoff                 35_165_000                                  6         1         pays Normal
AdminUtils.sudo_set_adjustment_alpha                14_000_000                                  1         1         pays Normal
AdminUtils.sudo_set_adjustment_interval             16_320_000                                  1         1         pays Normal
AdminUtils.sudo_set_admin_freeze_window             5_450_000                                   0         1         pays Normal
AdminUtils.sudo_set_alpha_sigmoid_steepness         31_438_000                                  5         1         pays Normal
AdminUtils.sudo_set_alpha_values                    34_224_000                                  5         1         pays Normal
AdminUtils.sudo_set_bonds_moving_average            34_495_000                                  5         1         pays Normal
AdminUtils.sudo_set_bonds_penalty                   34_354_000                                  5         1         pays Normal
AdminUtils.sudo_set_bonds_reset_enabled             30_507_000                                  4         1         pays Normal
AdminUtils.sudo_set_burn_half_life                  25_000_000                                  4         1         pays Operational
AdminUtils.sudo_set_burn_increase_mult              25_000_000                                  4         1         pays Operational
AdminUtils.sudo_set_ck_burn                         15_650_000                                  1         1         pays Normal
AdminUtils.sudo_set_coldkey_swap_announcement_delay 5_370_000                                   0         1         pays Normal
AdminUtils.sudo_set_coldkey_swap_reannouncement_delay 5_360_000                                   0         1         pays Normal
AdminUtils.sudo_set_collateral_drain_ratio          42_884_000                                  8         2         pays Operational
AdminUtils.sudo_set_collateral_lock_share           42_884_000                                  8         2         pays Operational
AdminUtils.sudo_set_commit_reveal_version           6_052_000                                   0         1         pays Normal
AdminUtils.sudo_set_commit_reveal_weights_enabled   34_544_000                                  5         1         pays Normal
AdminUtils.sudo_set_commit_reveal_weights_interval  34_654_000                                  5         1         pays Normal
AdminUtils.sudo_set_default_take                    5_400_000                                   0         1         pays Normal
AdminUtils.sudo_set_difficulty                      34_434_000                                  5         1         pays Normal
AdminUtils.sudo_set_dissolve_network_schedule_duration 5_591_000                                   0         1         pays Normal
AdminUtils.sudo_set_ema_price_halving_period        4_198_000                                   0         1         pays Normal
AdminUtils.sudo_set_immunity_period                 34_414_000                                  5         1         pays Normal
AdminUtils.sudo_set_kappa                           16_301_000                                  1         1         pays Normal
AdminUtils.sudo_set_liquid_alpha_enabled            25_538_000                                  4         1         pays Normal
AdminUtils.sudo_set_lock_reduction_interval         14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_max_allowed_uids                43_381_000                                  8         1         pays Normal
AdminUtils.sudo_set_max_allowed_validators          35_896_000                                  6         1         pays Normal
AdminUtils.sudo_set_max_burn                        36_949_000                                  6         1         pays Normal
AdminUtils.sudo_set_max_difficulty                  34_704_000                                  5         1         pays Normal
AdminUtils.sudo_set_max_epochs_per_block            5_530_000                                   0         1         pays Normal
AdminUtils.sudo_set_max_mechanism_count             15_000_000                                  1         1         pays Normal
AdminUtils.sudo_set_max_registrations_per_block     34_604_000                                  5         1         pays Normal
AdminUtils.sudo_set_mechanism_count                 15_000_000                                  1         1         pays Normal
AdminUtils.sudo_set_mechanism_emission_split        15_000_000                                  1         1         pays Normal
AdminUtils.sudo_set_min_allowed_uids                37_890_000                                  7         1         pays Normal
AdminUtils.sudo_set_min_allowed_weights             34_664_000                                  5         1         pays Normal
AdminUtils.sudo_set_min_burn                        37_780_000                                  6         1         pays Normal
AdminUtils.sudo_set_min_childkey_take_per_subnet    38_100_000                                  7         1         pays Normal
AdminUtils.sudo_set_min_delegate_take               5_490_000                                   0         1         pays Normal
AdminUtils.sudo_set_min_difficulty                  34_554_000                                  5         1         pays Normal
AdminUtils.sudo_set_min_non_immune_uids             6_783_000                                   0         1         pays Normal
AdminUtils.sudo_set_net_tao_flow_enabled            7_343_000                                   0         1         pays Normal
AdminUtils.sudo_set_network_immunity_period         14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_network_min_lock_cost           14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_network_pow_registration_allowed 14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_network_rate_limit              14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_network_registration_allowed    7_113_000                                   0         1         pays Normal
AdminUtils.sudo_set_nominator_min_required_stake    30_697_000                                  5         1         pays Normal
AdminUtils.sudo_set_owner_cut_auto_lock_enabled     25_000_000                                  4         1         pays Operational
AdminUtils.sudo_set_owner_cut_enabled               25_000_000                                  4         1         pays Operational
AdminUtils.sudo_set_owner_hparam_rate_limit         5_471_000                                   0         1         pays Normal
AdminUtils.sudo_set_owner_immune_neuron_limit       25_107_000                                  4         1         pays Normal
AdminUtils.sudo_set_rao_recycled                    16_541_000                                  1         1         pays Normal
AdminUtils.sudo_set_recycle_or_burn                 20_000_000                                  2         2         pays Normal
AdminUtils.sudo_set_rho                             31_268_000                                  5         1         pays Normal
AdminUtils.sudo_set_serving_rate_limit              28_633_000                                  4         1         pays Normal
AdminUtils.sudo_set_sn_owner_hotkey                 25_687_000                                  2         2         pays Normal
AdminUtils.sudo_set_stake_threshold                 5_500_000                                   0         1         pays Normal
AdminUtils.sudo_set_start_call_delay                14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_subnet_emission_enabled         16_351_000                                  1         1         pays Normal
AdminUtils.sudo_set_subnet_limit                    14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_subnet_moving_alpha             2_955_000                                   0         1         pays Normal
AdminUtils.sudo_set_subnet_owner_cut                14_000_000                                  0         1         pays Normal
AdminUtils.sudo_set_subtoken_enabled                25_467_000                                  4         1         pays Normal
AdminUtils.sudo_set_tao_flow_cutoff                 7_343_000                                   0         1         pays Normal
AdminUtils.sudo_set_tao_flow_normalization_exponent 7_343_000                                   0         1         pays Normal
AdminUtils.sudo_set_tao_flow_smoothing_factor       7_343_000                                   0         1         pays Normal
AdminUtils.sudo_set_target_registrations_per_interval 34_103_000                                  5         1         pays Normal
AdminUtils.sudo_set_tempo                           36_298_000                                  5         2         pays Normal
AdminUtils.sudo_set_toggle_transfer                 28_343_000                                  4         1         pays Normal
AdminUtils.sudo_set_total_issuance                  5_931_000                                   0         0         pays Normal
AdminUtils.sudo_set_tx_delegate_take_rate_limit     5_420_000                                   0         1         pays Normal
AdminUtils.sudo_set_tx_rate_limit                   5_440_000                                   0         1         pays Normal
AdminUtils.sudo_set_weights_set_rate_limit          16_420_000                                  1         1         pays Normal
AdminUtils.sudo_set_weights_version_key             34_204_000                                  5         1         pays Normal
AdminUtils.sudo_set_yuma3_enabled                   28_583_000                                  4         1         pays Normal
AdminUtils.sudo_trim_to_max_allowed_uids            38_302_000                                  8         1         pays Normal
Commitments.set_commitment                          33_480_000                                  5         4         free Normal
Commitments.set_max_space                           2_856_000                                   0         1         pays Normal
Crowdloan.contribute                                66_609_000                                  5         4         pays Normal
Crowdloan.dissolve                                  66_939_000                                  4         5         pays Normal
Crowdloan.finalize                                  31_507_000                                  4         2         pays Normal
Crowdloan.refund                                    110_703_000+50*39_503_253                   2+50*2    50*2      pays Normal
Crowdloan.set_max_contribution                      16_024_000                                  2         1         pays Normal
Crowdloan.update_cap                                11_357_000                                  1         1         pays Normal
Crowdloan.update_end                                12_048_000                                  1         1         pays Normal
Crowdloan.update_min_contribution                   13_259_000                                  2         1         pays Normal
Crowdloan.withdraw                                  60_259_000                                  4         4         pays Normal
Drand.set_oldest_stored_round                       5_370_000                                   0         1         pays Normal
Drand.write_pulse                                   4_294_000_000                               3         4         pays Normal
MevShield.submit_encrypted                          207_223_000                                 0         0         pays Normal
Proxy.add_proxy                                     25_770_804+20*80_892                        1         1         pays Normal
Proxy.announce                                      34_286_251+75*194_092+20*53_615             3         2         pays Normal
Proxy.create_pure                                   27_853_436+20*20_160                        1         1         pays Normal
Proxy.kill_pure                                     26_529_087+20*48_014                        1         1         pays Normal
Proxy.poke_deposit                                  46_757_000                                  3         3         pays Normal
Proxy.reject_announcement                           26_388_332+75*199_703+20*17_846             2         2         pays Normal
Proxy.remove_announcement                           25_595_226+75*205_163+20*40_277             2         2         pays Normal
Proxy.remove_proxies                                27_407_028+20*55_808                        1         1         pays Normal
Proxy.remove_proxy                                  27_827_049+20*64_054                        1         2         pays Normal
Proxy.set_real_pays_fee                             14_259_931+20*42_799                        1         1         pays Normal
SubtensorModule.add_collateral                      692_258_000                                 39        18        pays Normal
SubtensorModule.add_stake                           664_064_000                                 32        16        pays Normal
SubtensorModule.add_stake_burn                      967_308_000                                 33        17        pays Normal
SubtensorModule.add_stake_limit                     853_005_000                                 32        16        pays Normal
SubtensorModule.announce_coldkey_swap               47_248_000                                  4         3         pays Normal
SubtensorModule.associate_evm_key                   684_242_000                                 3         1         free Normal
SubtensorModule.batch_commit_weights                147_224_000                                 15        2         free Normal
SubtensorModule.batch_reveal_weights                421_363_000                                 19        2         free Normal
SubtensorModule.batch_set_weights                   103_092_000                                 16        2         free Normal
SubtensorModule.burn_alpha                          168_964_000                                 12        4         pays Normal
SubtensorModule.burned_register                     336_815_000                                 34        29        pays Normal
SubtensorModule.clear_coldkey_swap_announcement     17_890_000                                  2         1         pays Normal
SubtensorModule.commit_crv3_mechanism_weights       77_750_000                                  7         2         free Normal
SubtensorModule.commit_mechanism_weights            55_130_000                                  7         2         free Normal
SubtensorModule.commit_timelocked_mechanism_weights 84_020_000                                  9         2         free Normal
SubtensorModule.commit_timelocked_weights           86_951_000                                  14        2         free Normal
SubtensorModule.commit_weights                      69_049_000                                  13        2         free Normal
SubtensorModule.decrease_take                       29_895_000                                  3         2         free Normal
SubtensorModule.disable_voting_power_tracking       10_000                                      2         1         pays Normal
SubtensorModule.dispute_coldkey_swap                23_293_000                                  2         1         pays Normal
SubtensorModule.dissolve_network                    119_000_000                                 6         31        pays Normal
SubtensorModule.enable_voting_power_tracking        10_000                                      2         2         pays Normal
SubtensorModule.increase_take                       37_710_000                                  5         2         free Normal
SubtensorModule.lock_stake                          115_995_000                                 17        3         pays Normal
SubtensorModule.move_lock                           149_819_000                                 14        6         pays Normal
SubtensorModule.move_stake                          216_061_000                                 19        7         pays Normal
SubtensorModule.recycle_alpha                       172_139_000                                 13        6         pays Normal
SubtensorModule.register                            349_872_000                                 34        29        pays Normal
SubtensorModule.register_leased_network             309_598_986+500*46_027_026                  49+500*2  53+500*2  pays Normal
SubtensorModule.register_limit                      354_200_000                                 47        40        pays Normal
SubtensorModule.register_network                    277_125_000                                 40        48        pays Normal
SubtensorModule.register_network_with_identity      275_041_000                                 39        47        pays Normal
SubtensorModule.remove_stake                        569_198_000                                 28        13        pays Normal
SubtensorModule.remove_stake_full_limit             754_292_000                                 27        13        pays Normal
SubtensorModule.remove_stake_limit                  740_696_000                                 27        13        pays Normal
SubtensorModule.reset_coldkey_swap                  8_857_000                                   0         2         pays Normal
SubtensorModule.reveal_mechanism_weights            122_000_000                                 16        2         free Normal
SubtensorModule.reveal_weights                      111_227_000                                 19        2         free Normal
SubtensorModule.root_dissolve_network               119_000_000                                 6         31        pays Normal
SubtensorModule.root_register                       103_934_000                                 19        16        pays Normal
SubtensorModule.schedule_swap_coldkey               0                                           5         0         pays Normal
SubtensorModule.serve_axon                          31_278_000                                  3         1         free Normal
SubtensorModule.serve_axon_tls                      30_617_000                                  3         1         free Normal
SubtensorModule.serve_prometheus                    29_294_000                                  3         1         free Normal
SubtensorModule.set_activity_cutoff_factor          39_193_000                                  7         2         pays Normal
SubtensorModule.set_auto_parent_delegation_enabled  28_023_000                                  2         1         pays Normal
SubtensorModule.set_childkey_take                   53_870_000                                  7         2         pays Normal
SubtensorModule.set_children                        119_000_000                                 6         31        pays Normal
SubtensorModule.set_coldkey_auto_stake_hotkey       33_853_000                                  4         2         pays Normal
SubtensorModule.set_identity                        32_040_000                                  3         1         pays Normal
SubtensorModule.set_mechanism_weights               15_540_000_000                              4111      2         free Normal
SubtensorModule.set_min_collateral                  39_027_000                                  5         2         pays Normal
SubtensorModule.set_pending_childkey_cooldown       3_000_000                                   0         1         pays Normal
SubtensorModule.set_perpetual_lock                  0                                           4         3         pays Normal
SubtensorModule.set_reject_locked_alpha             0                                           1         1         pays Normal
SubtensorModule.set_subnet_identity                 17_513_000                                  1         1         pays Normal
SubtensorModule.set_tempo                           46_407_000                                  6         3         pays Normal
SubtensorModule.set_weights                         15_513_610_000                              4112      2         free Normal
SubtensorModule.start_call                          39_454_000                                  5         2         pays Normal
SubtensorModule.sudo_set_max_childkey_take          6_000                                       1         1         pays Normal
SubtensorModule.sudo_set_min_childkey_take          6_000                                       1         1         pays Normal
SubtensorModule.sudo_set_root_claim_threshold       5_681_000                                   0         1         pays Normal
SubtensorModule.sudo_set_tx_childkey_take_rate_limit 5_760_000                                   0         1         pays Normal
SubtensorModule.sudo_set_voting_power_ema_alpha     6_000                                       1         1         pays Normal
SubtensorModule.swap_coldkey                        312_301_000                                 37        19        pays Normal
SubtensorModule.swap_coldkey_announced              288_156_000                                 37        15        pays Normal
SubtensorModule.swap_hotkey                         1_242_038_000                               182       99        pays Normal
SubtensorModule.swap_hotkey_v2                      275_300_000                                 52        35        pays Normal
SubtensorModule.swap_stake                          742_019_000                                 47        24        pays Normal
SubtensorModule.swap_stake_limit                    944_515_000                                 47        24        pays Normal
SubtensorModule.terminate_lease                     146_402_779+500*1_566_532                   4+500*1   7+500*1   pays Normal
SubtensorModule.transfer_stake                      258_541_000                                 19        6         pays Normal
SubtensorModule.trigger_epoch                       42_539_000                                  8         2         pays Normal
SubtensorModule.try_associate_hotkey                25_337_000                                  3         3         pays Normal
SubtensorModule.unstake_all                         26_830_000                                  6         0         pays Normal
SubtensorModule.unstake_all_alpha                   700_873_000                                 43        25        pays Normal
SubtensorModule.update_symbol                       28_313_000                                  4         1         pays Normal
Swap.add_liquidity                                  15_000_000                                  0         0         pays Normal
Swap.disable_lp                                     15_000_000                                  0         0         pays Normal
Swap.modify_position                                15_000_000                                  0         0         pays Normal
Swap.remove_liquidity                               15_000_000                                  0         0         pays Normal
Swap.set_fee_rate                                   15_063_000                                  1         1         pays Normal
Swap.toggle_user_liquidity                          15_000_000                                  0         0         pays Normal
"""  # noqa: E501

# INNER: the number of inner calls.
_AROUND = """
Crowdloan.create                                    59_829_000                                  3         5         pays Normal
Proxy.proxy                                         28_026_265+20*53_205                        4         2         pays Normal
Proxy.proxy_announced                               53_234_507+75*228_831+20*54_037             6         4         pays Normal
Utility.as_derivative                               15_378_000                                  3         1         pays Normal
Utility.batch                                       19_446_696+INNER*5_450_264                  2         0         pays Normal
Utility.batch_all                                   13_428_230+INNER*5_663_250                  2         0         pays Normal
Utility.dispatch_as                                 6_893_000                                   0         0         pays Normal
Utility.dispatch_as_fallible                        7_113_000                                   0         0         pays Normal
Utility.force_batch                                 12_134_867+INNER*5_477_293                  2         0         pays Normal
Utility.if_else                                     21_831_000                                  2         0         pays Normal
"""  # noqa: E501


@dataclass(frozen=True)
class SourceWeight:
    """The weight of a call as the source writes it; `each`: picoseconds added for each inner call."""

    call: tuple[str, str]
    base: int
    reads: int
    writes: int
    pays: bool
    dispatch_class: str
    each: int = 0

    def ref_time(self, inner: int = 0) -> int:
        """In picoseconds, with the runtime's `DbWeight`: 25 microseconds a read, 100 a write."""
        return self.base + inner * self.each + 25_000_000 * self.reads + 100_000_000 * self.writes


def _sum(text: str) -> int:
    total = 0
    for term in text.split("+"):
        factors = [int(factor) for factor in term.split("*")]
        total += factors[0] * factors[1] if len(factors) == 2 else factors[0]
    return total


def _rows(table: str) -> tuple[SourceWeight, ...]:
    rows = []
    for line in table.strip().splitlines():
        name, base, reads, writes, pays, dispatch_class = line.split()
        pallet, call = name.split(".")
        base, _, each = base.partition("+INNER*")
        rows.append(
            SourceWeight(
                (pallet, call),
                _sum(base),
                _sum(reads),
                _sum(writes),
                pays == "pays",
                dispatch_class,
                int(each or "0"),
            )
        )
    return tuple(rows)


PLAIN = _rows(_PLAIN)
AROUND = _rows(_AROUND)

# Calls of these pallets that are newer than the source; docs/chain.md says what they do.
NEWER = {
    ("AdminUtils", "sudo_set_emission_bar_quantile"),
    ("AdminUtils", "sudo_set_emission_bar_rank"),
    ("AdminUtils", "sudo_set_emission_gate_exponent"),
    ("SubtensorModule", "pow_register"),
    ("AdminUtils", "sudo_set_activity_cutoff_factor"),
    ("AdminUtils", "sudo_set_epoch_consensus"),
    ("AdminUtils", "sudo_trim_null_uids_batch"),
    ("AdminUtils", "sudo_set_liquid_alpha_consensus_mode"),
    ("SubtensorModule", "claim_root"),
    ("SubtensorModule", "claim_root_with_hotkey"),
    ("SubtensorModule", "move_stake_limit"),
    ("SubtensorModule", "transfer_stake_and_hotkey"),
}
