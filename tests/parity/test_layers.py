"""Layers, Adam and the byte format against thinc, in the same run."""

import json

import numpy
import pytest
import spacy
from conftest import EN_CORE_WEB_SM, Driver
from thinc import api as thinc
from thinc.layers import sparselinear
from thinc.types import Ragged

OPS = thinc.NumpyOps()
RNG = numpy.random.default_rng(5)
WORDS = RNG.integers(0, 2**64, 300, dtype="uint64")


@pytest.fixture(scope="module")
def driver():
    driver = Driver("layers")
    yield driver
    driver.close()


def ask(driver, **request):
    reply = driver.ask(**request)
    assert "error" not in reply, reply["error"]
    return reply["answer"]


def floats(*shape, scale=1.0):
    return RNG.normal(0, scale, shape).astype("float32")


def lists(array):
    return numpy.asarray(array, dtype="float64").tolist()


def close(actual, expected, tolerance=1e-5):
    expected = numpy.asarray(expected)
    actual = numpy.asarray(actual, dtype="float64").reshape(expected.shape)
    numpy.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * max(1.0, abs(expected).max(initial=0)))


def randomise(model):
    for node in model.walk():
        for name in node.param_names:
            value = node.get_param(name)
            node.set_param(name, RNG.normal(0, 0.3, value.shape).astype("float32"))
    return model


def saved(model, folder):
    path = folder / "model"
    path.write_bytes(model.to_bytes())
    return str(path)


DENSE = {
    "linear": (["linear", 7, 5], lambda: thinc.Linear(7, 5), 5, 7),
    "softmax": (["softmax", 9, 6], lambda: thinc.Softmax(9, 6), 6, 9),
    "softmax with temperature": (["softmax", 9, 6], lambda: thinc.Softmax_v2(9, 6, temperature=2.5), 6, 9),
    "maxout": (["maxout", 33, 20, 3], lambda: thinc.Maxout(33, 20, 3), 20, 33),
    "maxout of two": (["maxout", 16, 40, 2], lambda: thinc.Maxout(16, 40, 2), 40, 16),
    "layer norm": (["layer_norm", 24], lambda: thinc.LayerNorm(24), 24, 24),
}


@pytest.mark.parametrize("name", DENSE)
def test_dense_layer_has_thincs_output_and_gradients(driver, tmp_path, name):
    spec, make, inputs, outputs = DENSE[name]
    model = randomise(make().initialize())
    x, d_y = floats(50, inputs), floats(50, outputs)
    y, backprop = model(x, is_train=True)
    d_x = backprop(d_y.copy())
    reply = ask(driver, op="run", spec=spec, **{"from": saved(model, tmp_path)}, x=lists(x), d_y=lists(d_y))
    close(reply["y"], y)
    close(reply["d_x"], d_x)
    for param, gradient in reply["gradients"].items():
        close(gradient, model.get_grad(param))


def test_attention_has_thincs_output_and_gradients(driver, tmp_path):
    model = randomise(thinc.ParametricAttention(12).initialize())
    lengths = numpy.asarray([4, 1, 7, 3], dtype="int32")
    x, d_y = floats(15, 12), floats(15, 12)
    y, backprop = model(Ragged(x, lengths), is_train=True)
    d_x = backprop(Ragged(d_y.copy(), lengths))
    reply = ask(
        driver,
        op="run",
        spec=["attention", 12],
        **{"from": saved(model, tmp_path)},
        x=lists(x),
        d_y=lists(d_y),
        lengths=lengths.tolist(),
    )
    close(reply["y"], y.dataXd)
    close(reply["d_x"], d_x.dataXd)
    close(reply["gradients"]["Q"], model.get_grad("Q"))


@pytest.mark.parametrize("seed", [0, 1, 8, 2**31])
def test_hash_rows_are_thincs(driver, seed):
    ids = numpy.concatenate([WORDS, numpy.asarray([0, 1, 2**64 - 1], dtype="uint64")])
    rows = ask(driver, op="hash", ids=ids.tolist(), seed=seed, rows=5000)
    assert rows == (OPS.hash(ids, seed) % 5000).ravel().tolist()


def hash_embed_pass(model):
    ids = RNG.choice(WORDS, 40)
    d_y = floats(40, 10, scale=0.1)
    y, backprop = model(ids, is_train=True)
    backprop(d_y.copy())
    return y, {"ids": ids.tolist(), "d_y": lists(d_y)}


def sparse_pass(model):
    lengths = RNG.integers(0, 9, 6).astype("int32")
    keys = RNG.choice(WORDS, lengths.sum())
    values = RNG.integers(1, 3, lengths.sum()).astype("float32")
    d_y = floats(6, 5, scale=0.1)
    y, backprop = model((keys, values, lengths), is_train=True)
    backprop(numpy.ascontiguousarray(d_y.copy()))
    return y, {"ids": keys.tolist(), "values": lists(values), "lengths": lengths.tolist(), "d_y": lists(d_y)}


def dense_pass(model):
    x, d_y = floats(30, 20), floats(30, 33, scale=0.3)
    y, backprop = model(x, is_train=True)
    backprop(d_y.copy())
    return y, {"x": lists(x), "d_y": lists(d_y)}


TRAINED = {
    "maxout": (["maxout", 33, 20, 3], lambda: thinc.Maxout(33, 20, 3), dense_pass),
    "hash embed": (["hash_embed", 10, 100, 8], lambda: thinc.HashEmbed(10, 100, seed=8), hash_embed_pass),
    "sparse linear": (["sparse_linear", 5, 256], lambda: sparselinear.SparseLinear(5, 256), sparse_pass),
    "sparse linear v2": (["sparse_linear_v2", 5, 200], lambda: sparselinear.SparseLinear_v2(5, 200), sparse_pass),
}


@pytest.mark.parametrize("name", [name for name in TRAINED if name != "maxout"])
def test_table_layer_has_thincs_output_and_gradients(driver, tmp_path, name):
    spec, make, one_pass = TRAINED[name]
    model = randomise(make().initialize())
    path = saved(model, tmp_path)
    y, request = one_pass(model)
    reply = ask(driver, op="run", spec=spec, **{"from": path}, **request)
    close(reply["y"], y)
    for param, gradient in reply["gradients"].items():
        close(gradient, model.get_grad(param))


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("decay", [True, False], ids=["weight decay", "L2 in the gradient"])
@pytest.mark.parametrize("clip", [0.0, 1.0], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("start", ["zeros", "random"])
def test_twenty_updates_with_averages_are_thincs(driver, tmp_path, name, decay, clip, start):
    spec, make, one_pass = TRAINED[name]
    model = make().initialize()
    if start == "random":
        randomise(model)
    path = saved(model, tmp_path)
    adam = dict(learn_rate=0.01, L2=0.05, grad_clip=clip, L2_is_weight_decay=decay)
    optimizer = thinc.Adam(**adam)
    outputs, passes = [], []
    for _ in range(20):
        y, request = one_pass(model)
        model.finish_update(optimizer)
        outputs.append(y)
        passes.append(request)
    reply = ask(driver, op="train", spec=spec, **{"from": path}, adam=adam, passes=passes)
    for actual, expected in zip(reply["outputs"], outputs):
        close(actual, expected, 1e-4)
    for param in model.param_names:
        close(reply["values"][param], model.get_param(param), 1e-4)
        close(reply["averages"][param], optimizer.averages[(model.id, param)], 1e-4)


def tree(model):
    return {
        "name": model.name,
        "dims": list(model.dim_names),
        "params": list(model.param_names),
        "layers": [tree(layer) for layer in model.layers],
    }


@pytest.mark.parametrize("name", ["tok2vec", "tagger", "parser", "ner", "senter"])
def test_bytes_of_a_pipelines_model_come_back_identical(driver, tmp_path, name):
    nlp = spacy.load(EN_CORE_WEB_SM)
    if name == "senter":
        nlp.enable_pipe(name)
    path = nlp.path / name / "model"
    out = tmp_path / "out"
    ask(driver, op="mirror", tree=tree(nlp.get_pipe(name).model), **{"from": str(path)}, to=str(out))
    assert out.read_bytes() == path.read_bytes()


def embed_and_encode():
    def embed(column, rows):
        return thinc.HashEmbed(8, rows, seed=8 + column, column=column, dropout=0.0)

    block = thinc.residual(
        thinc.chain(thinc.expand_window(1), thinc.Maxout(8, 24, 3, dropout=0.0, normalize=True))
    )
    return thinc.chain(
        thinc.with_array(thinc.concatenate(embed(0, 50), embed(1, 20))),
        thinc.with_array(thinc.Maxout(8, 16, 3, dropout=0.0, normalize=True)),
        thinc.with_array(thinc.clone(block, 3), pad=3),
    )


def embed_spec(column, rows):
    return ["hash_embed", 8, rows, 8 + column, 0.0, column]


EMBED_AND_ENCODE = [
    "chain",
    ["with_array", ["concatenate", embed_spec(0, 50), embed_spec(1, 20)], 0],
    ["with_array", ["maxout", 8, 16, 3, True, 0.0], 0],
    ["with_array", ["clones", ["residual", ["chain", ["expand_window", 1], ["maxout", 8, 24, 3, True, 0.0]]], 3], 3],
]

BUILT = {
    "tok2vec": (EMBED_AND_ENCODE, embed_and_encode),
    "textcat head": (
        ["chain", ["list2ragged"], ["attention", 8], ["reduce_sum"], ["residual", ["chain", ["maxout", 8, 8, 3], ["layer_norm", 8], ["dropout", 0.0]]], ["softmax", 4, 8]],
        lambda: thinc.chain(
            thinc.list2ragged(),
            thinc.ParametricAttention(8),
            thinc.reduce_sum(),
            thinc.residual(thinc.chain(thinc.Maxout(8, 8), thinc.LayerNorm(8), thinc.Dropout(0.0))),
            thinc.Softmax(4, 8),
        ),
    ),
    "bag of words": (
        ["chain", ["with_cpu", ["resizable", ["sparse_linear_v2", 3, 64]]], ["with_cpu", ["logistic"]]],
        lambda: thinc.chain(
            thinc.with_cpu(thinc.resizable(sparselinear.SparseLinear_v2(3, 64), resize_layer=print), OPS),
            thinc.with_cpu(thinc.Logistic(), OPS),
        ),
    ),
    "attention with a key transform": (
        ["attention_v2", 8, ["maxout", 8, 8, 3]],
        lambda: thinc.ParametricAttention_v2(key_transform=thinc.Maxout(8, 8), nO=8),
    ),
}


def described(message):
    import srsly

    message = srsly.msgpack_loads(message)
    shapes = [
        {name: None if value is None else value.shape for name, value in params.items()} for params in message["params"]
    ]
    return message["nodes"], message["attrs"], shapes


@pytest.mark.parametrize("name", BUILT)
def test_built_trees_are_thincs_after_initialisation(driver, tmp_path, name):
    spec, make = BUILT[name]
    model = make()
    model.initialize()
    out = tmp_path / "out"
    ask(driver, op="build", spec=spec, to=str(out))
    nodes, attrs, shapes = described(out.read_bytes())
    expected_nodes, expected_attrs, expected_shapes = described(model.to_bytes())
    assert [node["name"] for node in nodes] == [node["name"] for node in expected_nodes]
    assert [node["refs"] for node in nodes] == [node["refs"] for node in expected_nodes]
    for node, expected in zip(nodes, expected_nodes):
        # thinc leaves some sizes open when it is initialised without data; what it knows must agree.
        assert list(node["dims"]) == list(expected["dims"]), node["name"]
        assert all(value in (None, node["dims"][key]) for key, value in expected["dims"].items()), node["name"]
    assert attrs == expected_attrs
    assert shapes == expected_shapes
    model.from_bytes(out.read_bytes())


@pytest.mark.parametrize("name", BUILT)
def test_built_trees_return_thincs_bytes(driver, tmp_path, name):
    spec, make = BUILT[name]
    model = make()
    model.initialize()
    out = tmp_path / "out"
    ask(driver, op="build", spec=spec, **{"from": saved(model, tmp_path)}, to=str(out))
    assert out.read_bytes() == model.to_bytes()


def test_initial_weights_have_thincs_spread(driver, tmp_path):
    out = tmp_path / "out"
    ask(driver, op="build", spec=["chain", ["hash_embed", 8, 500, 1], ["maxout", 40, 8, 3, True]], to=str(out))
    model = thinc.chain(thinc.HashEmbed(8, 500, seed=1), thinc.Maxout(40, 8, 3, normalize=True))
    model.initialize()
    expected = {(i, name): node.get_param(name) for i, node in enumerate(model.walk()) for name in node.param_names}
    model.from_bytes(out.read_bytes())
    for i, node in enumerate(model.walk()):
        for name in node.param_names:
            actual = node.get_param(name)
            assert numpy.std(actual) == pytest.approx(numpy.std(expected[i, name]), rel=0.1)
            assert numpy.abs(actual).max() == pytest.approx(numpy.abs(expected[i, name]).max(), rel=0.1)
