"""A sentence encoder of random weights and a few words, for tests that need one anywhere."""

import json

import numpy as np
from encoder_reference import write_safetensors

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat", "##s", "##ting", ",", ".", "a", "b", "c"]
CONFIG = {"model_type": "bert", "hidden_act": "gelu", "hidden_size": 40, "intermediate_size": 100, "num_attention_heads": 4,
          "num_hidden_layers": 3, "vocab_size": len(WORDS), "max_position_embeddings": 48, "type_vocab_size": 2,
          "layer_norm_eps": 1e-12}


def small_weights(seed=0):
    rng = np.random.default_rng(seed)
    width, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    tensors = {"embeddings.word_embeddings.weight": (len(WORDS), width), "embeddings.position_embeddings.weight": (48, width),
               "embeddings.token_type_embeddings.weight": (2, width), "pooler.dense.weight": (width, width)}
    norms = ["embeddings"]
    for i in range(CONFIG["num_hidden_layers"]):
        name = f"encoder.layer.{i}."
        for part, shape in {"attention.self.query": (width, width), "attention.self.key": (width, width),
                            "attention.self.value": (width, width), "attention.output.dense": (width, width),
                            "intermediate.dense": (inner, width), "output.dense": (width, inner)}.items():
            tensors[f"{name}{part}.weight"], tensors[f"{name}{part}.bias"] = shape, shape[:1]
        norms += [f"{name}attention.output", f"{name}output"]
    out = {name: rng.normal(0, 0.3, shape) for name, shape in tensors.items()}
    for name in norms:
        out[f"{name}.LayerNorm.weight"] = rng.normal(1, 0.3, width)
        out[f"{name}.LayerNorm.bias"] = rng.normal(0, 0.3, width)
    return {name: value.astype(np.float32) for name, value in out.items()}


def write_small(folder, tensors, prefix="", **config):
    folder.mkdir()
    write_safetensors(folder / "model.safetensors", {prefix + name: value for name, value in tensors.items()})
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 16}))
    return folder
