"""The cases: for each architecture and mode what the peer is given, and the weights and rows."""

from dataclasses import dataclass, field

import numpy as np

INPUT_DIM, FEATURES, ROWS = 7, 22, 13  # nothing divisible by 4
BATCHES, STEPS = 4, 20
LEARNING_RATE = 2e-3

# The last features are weak: mostly shut, never among the largest, and dead by their counters.
WEAK = 7


@dataclass
class Case:
    """One run of a peer."""

    peer: str
    architecture: str
    mode: str
    options: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    first_step: int = 0
    dead: int = 0  # how many of the weak features count as dead, and two strong ones beside them
    infers: bool = False  # whether inference is another thing than training
    thresholds: tuple = (0.0, 0.6)  # JumpReLU's start between these

    @property
    def name(self):
        return f"{self.peer}_{self.architecture}_{self.mode}"


def sae_lens(architecture, mode, options=None, training=None, **more):
    return Case("sae_lens", architecture, mode, options or {}, training or {}, **more)


def dictionary_learning(architecture, mode, options=None, **more):
    return Case("dictionary_learning", architecture, mode, options or {}, **more)


QUADRATIC = {"jumprelu_sparsity_loss_mode": "quadratic", "target_l0": 5.0, "l0_coefficient": 0.02}
ANTHROPIC = {
    "jumprelu_sparsity_loss_mode": "tanh",
    "jumprelu_ste_to_input": True,
    "pre_act_loss_coefficient": 0.03,  # 3e-6 in the paper, where it would not show
    "l0_coefficient": 0.1,
    "jumprelu_bandwidth": 0.4,
}
NESTED = {"matryoshka_widths": [6, 12, FEATURES]}
ANNEAL = {"anneal_start": 4, "anneal_end": 19, "n_sparsity_updates": 6, "p_end": 0.5,
          "sparsity_queue_length": 3, "initial_sparsity_penalty": 0.1}
GROUPS = {"group_fractions": [0.25, 0.25, 0.5]}

SAE_LENS = [
    sae_lens("standard", "l1", {"l1_coefficient": 0.2}),
    sae_lens("standard", "warm_up", {"l1_coefficient": 0.2, "l1_warm_up_steps": 6},
             {"lr_scheduler_name": "cosineannealing", "lr_warm_up_steps": 4, "lr_decay_steps": 5,
              "lr_end": LEARNING_RATE / 10}),
    sae_lens("standard", "l2", {"l1_coefficient": 0.2, "lp_norm": 2.0}),
    sae_lens("standard", "l_half", {"l1_coefficient": 0.002, "lp_norm": 0.5}),
    sae_lens("standard", "b_dec_not_subtracted",
             {"l1_coefficient": 0.2, "apply_b_dec_to_input": False}),
    sae_lens("standard", "layer_norm", {"l1_coefficient": 0.2, "normalize_activations": "layer_norm"}),
    sae_lens("standard", "constant_norm_rescale",
             {"l1_coefficient": 0.2, "normalize_activations": "constant_norm_rescale"}),
    sae_lens("standard", "expected_average_only_in",
             {"l1_coefficient": 0.2, "normalize_activations": "expected_average_only_in"}),
    sae_lens("gated", "default", {"l1_coefficient": 0.2}),
    sae_lens("gated", "expected_average_only_in",
             {"l1_coefficient": 0.2, "normalize_activations": "expected_average_only_in"}),
    sae_lens("jumprelu", "step", {"l0_coefficient": 0.05, "jumprelu_bandwidth": 0.4}),
    sae_lens("jumprelu", "step_ste_to_input",
             {"l0_coefficient": 0.05, "jumprelu_bandwidth": 0.4, "jumprelu_ste_to_input": True}),
    sae_lens("jumprelu", "step_default_bandwidth", {"l0_coefficient": 0.05}),
    sae_lens("jumprelu", "quadratic", QUADRATIC | {"jumprelu_bandwidth": 0.4}),
    sae_lens("jumprelu", "tanh",
             {"jumprelu_sparsity_loss_mode": "tanh", "l0_coefficient": 0.1, "jumprelu_bandwidth": 0.4}),
    sae_lens("jumprelu", "anthropic", ANTHROPIC, dead=WEAK),
    # Thresholds near 0 fall below it, and are projected before the next pass.
    sae_lens("jumprelu", "threshold_at_zero", {"l0_coefficient": 0.0, "jumprelu_bandwidth": 0.4},
             thresholds=(0.0, 0.01)),
    sae_lens("topk", "default", {"k": 4}),
    sae_lens("topk", "aux_many_dead", {"k": 4}, dead=WEAK, infers=True),
    sae_lens("topk", "aux_few_dead", {"k": 4, "aux_loss_coefficient": 0.5}, dead=2),
    sae_lens("topk", "decoder_norm_unheeded", {"k": 4, "rescale_acts_by_decoder_norm": False}, dead=WEAK),
    sae_lens("batchtopk", "default", {"k": 3.7}, dead=WEAK, infers=True),
    sae_lens("batchtopk", "decoder_norm_unheeded",
             {"k": 4, "rescale_acts_by_decoder_norm": False, "topk_threshold_lr": 0.1}, dead=2, infers=True),
    sae_lens("batchtopk", "expected_average_only_in",
             {"k": 4, "normalize_activations": "expected_average_only_in"}, infers=True),
    sae_lens("matryoshka_batchtopk", "default", {"k": 4} | NESTED, dead=WEAK, infers=True),
    sae_lens("matryoshka_batchtopk", "aux_by_level",
             {"k": 4, "use_matryoshka_aux_loss": True} | NESTED, dead=WEAK),
    sae_lens("matryoshka_batchtopk", "decoder_norm_unheeded",
             {"k": 4, "rescale_acts_by_decoder_norm": False} | NESTED),
    sae_lens("transcoder", "default"),
    sae_lens("skip_transcoder", "default"),
    sae_lens("jumprelu_transcoder", "default"),
    sae_lens("jumprelu_skip_transcoder", "default"),
]

DICTIONARY_LEARNING = [
    dictionary_learning("standard", "l1", {"l1_penalty": 0.2}),
    dictionary_learning("standard", "warm_up",
                        {"l1_penalty": 0.2, "sparsity_warmup_steps": 6, "warmup_steps": 4,
                         "decay_start": 14}),
    dictionary_learning("standard_april_update", "l1", {"l1_penalty": 0.2}),
    dictionary_learning("p_anneal", "lp", ANNEAL | {"sparsity_function": "Lp",
                                                    "initial_sparsity_penalty": 0.01}),
    dictionary_learning("p_anneal", "lp_to_the_p", ANNEAL | {"sparsity_function": "Lp^p"}),
    dictionary_learning("p_anneal", "lp_to_the_p_by_batch",
                        ANNEAL | {"sparsity_function": "Lp^p", "sparsity_queue_length": 1}),
    dictionary_learning("gated", "default", {"l1_penalty": 0.2}),
    dictionary_learning("gated_anneal", "lp_to_the_p", ANNEAL | {"sparsity_function": "Lp^p"}),
    dictionary_learning("jumprelu", "target_l0", {"bandwidth": 0.4, "target_l0": 5.0}),
    dictionary_learning("topk", "default", {"k": 4, "threshold_start_step": 5}, first_step=1, infers=True),
    dictionary_learning("topk", "aux_many_dead", {"k": 4}, first_step=1, dead=WEAK),
    dictionary_learning("topk", "aux_few_dead", {"k": 4, "auxk_alpha": 0.5}, first_step=1, dead=2),
    dictionary_learning("topk", "median", {"k": 4}),
    dictionary_learning("batchtopk", "default",
                        {"k": 4, "threshold_start_step": 5, "threshold_beta": 0.9}, first_step=1, dead=WEAK,
                        infers=True),
    dictionary_learning("matryoshka_batchtopk", "default",
                        {"k": 4, "threshold_start_step": 5, "threshold_beta": 0.9} | GROUPS,
                        first_step=1, dead=WEAK, infers=True),
    dictionary_learning("matryoshka_batchtopk", "group_weights",
                        {"k": 4, "group_weights": [0.2, 0.3, 0.5]} | GROUPS, first_step=1),
]

CASES = SAE_LENS + DICTIONARY_LEARNING


def is_unit(case):
    """Whether the peer keeps decoder rows at norm 1."""
    return case.peer == "dictionary_learning" and case.architecture != "standard_april_update"


def draw_batches(rng):
    """Rows that are not centred, float32 [B, d] each."""
    return [
        (0.3 + 0.9 * rng.standard_normal((ROWS, INPUT_DIM))).astype(np.float32)
        for _ in range(BATCHES)
    ]


def draw_weights(case, rng):
    """Every weight that any architecture has, float32, by name."""
    w_dec = rng.standard_normal((FEATURES, INPUT_DIM))
    w_dec /= np.linalg.norm(w_dec, axis=1, keepdims=True)
    w_enc = 0.8 * w_dec.T + 0.1 * rng.standard_normal((INPUT_DIM, FEATURES))
    w_enc[:, -WEAK:] *= 0.3
    if not is_unit(case):
        w_dec *= rng.uniform(0.6, 1.4, (FEATURES, 1))
    lowest, highest = case.thresholds
    weights = {
        "W_enc": w_enc,
        "b_enc": 0.1 * rng.standard_normal(FEATURES),
        "W_dec": w_dec,
        "b_dec": 0.2 * rng.standard_normal(INPUT_DIM),
        "b_gate": 0.1 * rng.standard_normal(FEATURES),
        "r_mag": 0.2 * rng.standard_normal(FEATURES),
        "b_mag": 0.1 * rng.standard_normal(FEATURES),
        "threshold": rng.uniform(lowest, highest, FEATURES),
    }
    return {name: values.astype(np.float32) for name, values in weights.items()}


def draw_counters(case, rng, long_ago):
    """How long ago each feature fired, whole numbers [F]; the dead ones `long_ago`."""
    counters = rng.integers(0, 5, FEATURES)
    if case.dead:
        counters[-case.dead:] = long_ago + rng.integers(0, 5, case.dead)
        counters[[1, 5]] = long_ago  # they fire in the first batch, and are dead no more
    return counters
