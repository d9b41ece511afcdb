#!/usr/bin/env python3
"""Who may include whom, and that every header compiles alone.

    tests/layers.py                  the includes
    tests/layers.py --compile DIR    the headers, on the host and, those of the device, for Arm and RISC-V; DIR holds
                                     what the build generates (build/generated). A host's header that a source includes
                                     before anything else has been compiled alone by the build, and is not again.

Prints what is wrong, one line each, and fails if anything is.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The table of DESIGN.md: a layer and what else it may include. "own" is the file's own folder.
MAY_INCLUDE = {
    "device": [],                       # runs on the chip
    "kernel": ["device", "own"],        # mote/ops/*: all but *.op.* runs on the chip
    "host": ["device", "kernel"],        # mote/host and mote/ops/*/*.host.*: kernels that firmware never has
    "base": [],
    "formats": ["base", "ir"],          # turns options of a file into windows and quantisation of the graph
    "ir": ["base", "device", "host"],
    "op_header": ["ir", "base"],        # *.op.h: what passes may rewrite
    "op": ["ir", "formats", "base", "device", "host", "own"],
    "import": ["formats", "ir", "base"],
    "passes": ["ir", "base", "op_header"],
    "plan": ["ir", "base", "device"],
    "emit": ["plan", "ir", "base"],
    "board": ["device"],                # the start-up code and harness of emulated firmware
    "verify": ["emit", "plan", "ir", "base", "device", "board"],
    "data": ["base"],                   # recordings: files, checks, splits
    "blocks": ["op_header", "ir", "base", "device"], # sensor blocks: settings to ops
    "learn": ["data", "ir", "base", "device", "op_header"],  # classic learners
    "evaluate": ["learn", "data", "base"],  # what results are worth: figures, intervals, reports
    "project": ["blocks", "learn", "data", "op_header", "import", "ir", "base"],  # mote.toml
    "calibrate": ["project", "evaluate", "plan", "ir", "base"],  # tunes a decision
    "cli": ["calibrate", "project", "evaluate", "learn", "blocks", "data", "verify", "emit", "plan", "passes", "import", "ir", "base"],
    "tests": ["data", "blocks", "learn", "evaluate", "project", "calibrate", "device", "kernel", "host", "base", "formats", "ir", "op_header", "op", "import", "passes", "plan", "emit", "verify", "board"],
}
FREESTANDING = {"device", "kernel", "board"}
FREESTANDING_HEADERS = {"stdint.h", "stddef.h", "arm_acle.h", "arm_mve.h", "arm_neon.h", "riscv_vector.h"}
# Libraries that only one place needs to know.
LIBRARY_HOMES = {
    r"CLI/": {"cli", "tests"},
    r"sodium\.h": {"base"},
    r"flatbuffers/": {"formats", "import"},
    r"nlohmann/": {"base", "ir", "emit", "data", "learn", "project", "cli", "tests"},
    r"toml\+\+/": {"project", "data"},
    r"png\.h": {"data", "tests"},
    r"jpeglib\.h": {"data", "tests"},
    r"gtest/": {"tests"},
    r"benchmark/": {"tests"},
}
HOST = ["g++", "-std=c++20", "-Wall", "-Wextra"]
DEVICE = ["-std=c++17", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wconversion"]
CROSS = {
    "host as a device": ["g++"],
    "cortex-m0": ["arm-none-eabi-g++", "-mcpu=cortex-m0", "-mthumb"],
    "cortex-m4": ["arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
    "cortex-m55": ["arm-none-eabi-g++", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"],
    "rv32imc": ["riscv64-unknown-elf-g++", "-march=rv32imc", "-mabi=ilp32"],
}


def layer_of(path):
    """The layer of a path inside the repository, or None."""
    parts = path.split("/")
    name = parts[-1]
    if parts[:2] == ["tests", "device"]:
        return "board"
    if parts[0] in ("tests", "fuzz", "bench") or name.endswith("_test.cpp"):
        return "tests"
    if parts[0] != "mote" or len(parts) < 3:
        return None
    if parts[1] == "ops":
        kinds = {".op.cpp": "op", ".op.h": "op_header", ".host.cpp": "host", ".host.h": "host"}
        return next((layer for suffix, layer in kinds.items() if name.endswith(suffix)), "kernel")
    if parts[1] != "compiler":
        return parts[1]
    if parts[2] == "verify" and len(parts) > 4 and parts[3] in ("board", "harness"):
        return "board"
    return parts[2]


def sources():
    for top in ("mote", "tests", "fuzz", "bench"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp", ".c") and path.is_file():
                yield path.relative_to(ROOT).as_posix()


def is_embedded_text(path):
    """Files that are text for other programs: sources of firmware under test, consumers of the installed package."""
    return path.startswith("tests/package/consumer/")


def included_lines(path):
    """The includes of a file: system header or not, and its name."""
    # Text inside a raw string is another program's.
    text = re.sub(r'R"([a-z]*)\(.*?\)\1"', "", (ROOT / path).read_text(), flags=re.S)
    found = re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, flags=re.M)
    return [(line.group(1) == "<", line.group(2)) for line in found]


def complain_about(path):
    layer = layer_of(path)
    if is_embedded_text(path) or path.endswith("/plugin/count.c"):
        return
    if layer not in MAY_INCLUDE:
        yield f"{path}: its folder is in no layer; tests/layers.py has the table"
        return
    own = path.rsplit("/", 1)[0] + "/"
    for system, name in included_lines(path):
        if system:
            if layer in FREESTANDING and name not in FREESTANDING_HEADERS:
                yield f"{path}: includes <{name}>; what runs on a chip may include only {', '.join(sorted(FREESTANDING_HEADERS))}"
            for library, homes in LIBRARY_HOMES.items():
                if re.match(library, name) and layer not in homes:
                    yield f"{path}: includes <{name}>, which is for {', '.join(sorted(homes))} only"
            continue
        if "/" not in name and layer == "board":  # made for each firmware
            continue
        other = layer_of(name)
        if other is None:
            yield f'{path}: includes "{name}"; a path begins at the top of the repository'
        elif not ((ROOT / name).exists() or name.endswith("_generated.h")):
            yield f'{path}: includes "{name}", which is not there'
        elif not (other == layer or other in MAY_INCLUDE[layer] or ("own" in MAY_INCLUDE[layer] and name.startswith(own))):
            yield f'{path}: {layer} may not include {other} ("{name}")'
        elif layer in ("kernel", "host", "op", "op_header") and name.startswith("mote/ops/") and not name.startswith(own):
            yield f'{path}: an op may not include another one ("{name}")'


def check_includes():
    return [complaint for path in sources() for complaint in complain_about(path)]


def is_built(path):
    """Whether the build with tests compiles this source for the host."""
    return path.endswith(".cpp") and path.startswith(("mote/", "tests/")) and layer_of(path) != "board" and not is_embedded_text(path)


def compiled_by_build():
    """The headers that some source of the build begins with."""
    begins = [included_lines(path)[:1] for path in sources() if is_built(path)]
    return {name for lines in begins for system, name in lines if not system}


def compile_alone(job):
    path, command = job
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if result.returncode == 0 else f"{path}: does not compile alone: {' '.join(command)}\n{result.stdout[:2000]}"


def check_headers(generated):
    paths = ["-I.", f"-I{generated}", "-fsyntax-only", "-Werror", "-x", "c++", "-include"]
    headers = [path for path in sources() if path.endswith(".h") and path.startswith(("mote/", "tests/")) and not is_embedded_text(path)]
    by_build = compiled_by_build()
    jobs = []
    for header in headers:
        layer = layer_of(header)
        if layer not in FREESTANDING:
            if header not in by_build:
                jobs.append((header, [*HOST, *paths, header, "/dev/null"]))
            continue
        for name, compiler in CROSS.items():
            if layer != "board" or name != "host as a device":
                given = ["-DMOTE_COUNTER_ADDRESS=0u"] if layer == "board" else []  # by the target
                jobs.append((header, [*compiler, *DEVICE, *given, *paths, header, "/dev/null"]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(compile_alone, jobs) if text]
    print(f"{len(headers)} headers, {len(by_build.intersection(headers))} of them first in a source of the build; compiled alone {len(jobs)} times")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compile", metavar="DIR", help="compile every header alone instead")
    arguments = parser.parse_args()
    complaints = check_headers(arguments.compile) if arguments.compile else check_includes()
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints)} complaints")
    return 1 if complaints else 0


sys.exit(main())
