"""Weights that were measured again after June: what a call weighs since spec 467, and so what it costs.

A pallet names the weight of its calls as the source of June does (`@call(…, weight=…)`). The public chain has measured
most of them again since. Its guard of fees lists what each call costs in an extrinsic of 100 bytes, with one unit of
every argument; the weight follows from it to 4,000 picoseconds, which is the fee to the rao. Calls whose fee is capped
(`fee_weights.py`) weigh their cap here, since what they are declared with is not told. `root_register` is as heavy as
on a network of 128 subnets.

June's weight stays where the list does not help: calls that are free, calls that weigh by what is inside them or by
how many (`Utility`, `Proxy.proxy`, `Crowdloan.create` and `refund`), and claims of root's dividends.

Source: `runtime/tests/fee_baseline/pins.tsv` of spec 467; `sudo_set_mechanism_count` and
`sudo_trim_to_max_allowed_uids` with the 17 reads and the one that spec 475 adds.
"""

from __future__ import annotations

from tao_lab.chain.guard_weights import guards_weight
from tao_lab.chain.weight import DB_READ, Weight

FRAME, LENGTH = 27_039, 50  # rao: of every extrinsic, and of 100 bytes
PS_PER_RAO = 4_000
MORE_READS = {"sudo_set_mechanism_count": 17, "sudo_trim_to_max_allowed_uids": 1}  # at spec 475

FEES = {  # rao
    "SubtensorModule": """
        decrease_take 135_839                        increase_take 149_089
        add_stake 812_698                            remove_stake 629_339
        register 1_070_760                           root_register 39_902_362
        burned_register 1_070_870                    register_limit 1_065_842
        swap_hotkey 168_047_089                      swap_coldkey 6_974_589
        swap_coldkey_announced 6_717_089             announce_coldkey_swap 148_339
        clear_coldkey_swap_announcement 82_089       dispute_coldkey_swap 82_589
        reset_coldkey_swap 93_089                    schedule_swap_coldkey 42_547
        set_childkey_take 149_089                    set_children 212_254
        sudo_set_tx_childkey_take_rate_limit 67_839  sudo_set_min_childkey_take 67_839
        sudo_set_max_childkey_take 67_839            set_pending_childkey_cooldown 67_557
        register_network 1_713_009                   register_network_with_identity 1_632_922
        dissolve_network 266_795                     root_dissolve_network 266_863
        set_identity 89_839                          set_subnet_identity 82_839
        unstake_all 83_339                           unstake_all_alpha 1_044_339
        move_stake 369_589                           move_stake_limit 1_075_589
        transfer_stake 383_839                       transfer_stake_and_hotkey 403_589
        swap_stake 1_045_339                         swap_stake_limit 1_069_339
        add_stake_limit 850_506                      add_stake_burn 940_106
        remove_stake_limit 645_089                   remove_stake_full_limit 652_089
        try_associate_hotkey 139_089                 start_call 128_589
        recycle_alpha 310_339                        burn_alpha 255_089
        register_leased_network 37_616_509           terminate_lease 16_041_089
        update_symbol 102_839                        set_coldkey_auto_stake_hotkey 121_339
        sudo_set_root_claim_threshold 67_824         sudo_set_voting_power_ema_alpha 75_839
        enable_voting_power_tracking 107_839         disable_voting_power_tracking 89_839
        set_auto_parent_delegation_enabled 77_702    set_reject_locked_alpha 75_339
        lock_stake 270_203                           move_lock 306_839
        set_perpetual_lock 234_942                   trigger_epoch 148_839
        add_collateral 908_903                       set_min_collateral 97_339""",
    "AdminUtils": """
        sudo_set_default_take 68_512                 sudo_set_tx_rate_limit 68_519
        sudo_set_serving_rate_limit 99_130           sudo_set_min_difficulty 106_802
        sudo_set_max_difficulty 106_842              sudo_set_weights_version_key 106_862
        sudo_set_weights_set_rate_limit 77_426       sudo_set_adjustment_interval 77_487
        sudo_set_adjustment_alpha 152_662            sudo_set_immunity_period 106_802
        sudo_set_min_allowed_weights 106_787         sudo_set_max_allowed_uids 127_656
        sudo_set_kappa 77_487                        sudo_set_rho 106_076
        sudo_set_activity_cutoff 113_290             sudo_set_activity_cutoff_factor 68_927
        sudo_set_network_registration_allowed 68_880 sudo_set_network_pow_registration_allowed 42_567
        sudo_set_target_registrations_per_interval 106_887
        sudo_set_min_burn 113_966                    sudo_set_max_burn 113_833
        sudo_set_difficulty 106_832                  sudo_set_max_allowed_validators 113_458
        sudo_set_bonds_moving_average 106_825        sudo_set_bonds_penalty 106_812
        sudo_set_max_registrations_per_block 106_785 sudo_set_subnet_owner_cut 68_193
        sudo_set_network_rate_limit 68_156           sudo_set_tempo 172_598
        sudo_set_total_issuance 43_594               sudo_set_network_immunity_period 68_176
        sudo_set_network_min_lock_cost 68_130        sudo_set_subnet_limit 68_150
        sudo_set_lock_reduction_interval 68_153      sudo_set_rao_recycled 77_431
        sudo_set_stake_threshold 68_504              sudo_set_nominator_min_required_stake 105_983
        sudo_set_tx_delegate_take_rate_limit 68_519  sudo_set_min_delegate_take 68_507
        sudo_set_min_childkey_take_per_subnet 120_244
        sudo_set_commit_reveal_weights_enabled 106_817
        sudo_set_liquid_alpha_enabled 98_488         sudo_set_alpha_values 106_785
        sudo_set_liquid_alpha_consensus_mode 106_785
        sudo_set_dissolve_network_schedule_duration 68_504
        sudo_set_commit_reveal_weights_interval 106_967
        sudo_set_toggle_transfer 99_159              sudo_set_recycle_or_burn 144_269
        sudo_set_subnet_moving_alpha 67_835          sudo_set_ema_price_halving_period 68_148
        sudo_set_alpha_sigmoid_steepness 106_063     sudo_set_yuma3_enabled 99_205
        sudo_set_bonds_reset_enabled 99_595          sudo_set_sn_owner_hotkey 123_515
        sudo_set_subtoken_enabled 98_301             sudo_set_commit_reveal_version 68_677
        sudo_set_owner_immune_neuron_limit 98_331    sudo_set_ck_burn 67_610
        sudo_set_admin_freeze_window 68_522          sudo_set_owner_hparam_rate_limit 68_547
        sudo_set_mechanism_count 192_781             sudo_set_mechanism_emission_split 153_506
        sudo_trim_to_max_allowed_uids 126_404        sudo_set_min_allowed_uids 120_164
        sudo_set_tao_flow_cutoff 67_632              sudo_set_tao_flow_normalization_exponent 67_640
        sudo_set_emission_bar_quantile 92_589        sudo_set_emission_bar_rank 92_589
        sudo_set_emission_gate_exponent 67_589       sudo_set_tao_flow_smoothing_factor 67_612
        sudo_set_net_tao_flow_enabled 67_607         sudo_set_max_mechanism_count 67_798
        sudo_set_min_non_immune_uids 68_890          sudo_set_start_call_delay 68_130
        sudo_set_coldkey_swap_announcement_delay 68_537
        sudo_set_coldkey_swap_reannouncement_delay 68_529
        sudo_set_burn_half_life 152_752              sudo_set_burn_increase_mult 152_810
        sudo_set_owner_cut_enabled 112_771           sudo_set_owner_cut_auto_lock_enabled 112_819
        sudo_set_subnet_emission_enabled 77_439      sudo_set_collateral_lock_share 152_810
        sudo_set_collateral_drain_ratio 152_810      sudo_set_max_epochs_per_block 68_524""",
    "Proxy": """
        add_proxy 80_187                             remove_proxy 105_672
        remove_proxies 80_574                        create_pure 80_542
        kill_pure 80_356                             announce 123_687
        remove_announcement 115_361                  reject_announcement 115_362
        poke_deposit 147_513                         set_real_pays_fee 77_288""",
    "Crowdloan": """
        contribute 190_044                           withdraw 182_394
        finalize 154_721                             dissolve 209_770
        update_min_contribution 82_966               update_end 76_418
        update_cap 76_288                            set_max_contribution 83_790""",
    "Commitments": "set_max_space 67_803",
    "Drand": "set_oldest_stored_round 68_431",
    "MevShield": "submit_encrypted 93_895",
    "Swap": """
        set_fee_rate 77_105                          toggle_user_liquidity 42_567
        add_liquidity 42_562                         remove_liquidity 42_575
        modify_position 42_555                       disable_lp 42_570""",
}


def _pairs(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


FEE_OF = {(pallet, name): fee for pallet, text in FEES.items() for name, fee in _pairs(text).items()}


def measured_weight(pallet: str, name: str) -> Weight | None:
    """A call's own weight, without that of the guards before it; None where June's stays."""
    fee = FEE_OF.get((pallet, name))
    if fee is None:
        return None
    guards = guards_weight(pallet, name)
    more = MORE_READS.get(name, 0) * DB_READ
    return Weight((fee - FRAME - LENGTH) * PS_PER_RAO + more - guards.ref_time)
