"""SAELens's table of dictionaries on the Hugging Face hub, as src/io/hub/catalogue/packed.generated.ts.

Facts only: where each dictionary lies, of what model and place it is, and the figures that the table
gives. Layer, place and width are read from its names, and left out where they do not say.

    .venv-torch/bin/python python-interop/make_catalogue.py [--check | --counts]
"""

import argparse
import base64
import gzip
import importlib.metadata
import json
import re
from importlib.resources import files
from pathlib import Path

import yaml

OUT = Path(__file__).parent.parent / "src/io/hub/catalogue/packed.generated.ts"

LAYER = (
    r"blocks\.(\d+)\.",
    r"layer_?(\d+)(?!\d)",
    r"(?:^|[/_-])[lL](\d+)(?:[rRmMaA]|TC|tc)?(?:[_.-]|$)",
    r"/(\d+)-",
)
PLACES = (
    # The first that matches counts: a transcoder's names often say what it reads from as well.
    ("clt", r"-clt-|cross-layer"),
    ("transcoder", r"transcoder|[lL]\d+tc_|LXTC"),
    ("resid_pre", r"resid_pre|resid-pre"),
    ("resid_mid", r"resid_mid|resid-mid"),
    ("resid_post", r"resid_post|resid-post|-res(?:-|$)|-res_|SAE-Res|[lL]\d+r_|-SAE-l\d+\.pt"),
    ("attn_out", r"attn_out|attn-out|[lL]\d+a_"),
    ("hook_z", r"hook_z|-att(?:-|$)|-att_"),
    ("mlp_out", r"mlp_out|mlp-out|-mlp(?:-|$)|-mlp_|[lL]\d+m_"),
)
WIDTH = (
    (r"2pow(\d+)", lambda n: 2 ** int(n)),
    (r"ds(\d{3,})", int),
    (r"hook_\w*?_(\d{3,})(?!\d|k)", int),
    (r"(?:width_|[-_/]w-?|[-_]v5-|-res-|-att-|-mlp-|-W)(\d+)k(?![a-z0-9])", lambda n: thousands(int(n))),
    (r"width_(\d+)m(?![a-z0-9])", lambda n: int(n) * 2**20),
    (r"-(\d+)k(?:-oai)?(?:__|$)", lambda n: thousands(int(n))),
)
# The widths of Llama Scope are told as multiples of its model's 4,096.
LLAMA_SCOPE = r"^l\d+(?:r|m|a|tc)_(\d+)x$"


def thousands(n: int) -> int | None:
    """The width that is called `n` thousand: a power of 2, or 5 of them, as 2^14 is 16k and 80k is 5 * 2^14."""
    powers = [factor * 2**i for factor in (1, 3, 5) for i in range(8, 24)]
    near = [width for width in powers if width // 1000 == n or width == n * 1024]
    return near[0] if len(near) == 1 else None


def first(patterns, texts):
    for pattern in patterns:
        for text in texts:
            found = re.search(pattern, text)
            if found:
                return int(found[1])
    return None


def width_of(release: str, repo: str, sae: dict, conversion: str | None) -> int | None:
    texts = (sae["id"], str(sae["path"]), release, sae.get("neuronpedia") or "", repo)
    scope = re.search(LLAMA_SCOPE, sae["id"])
    if scope and conversion and conversion.startswith("llama_scope"):
        return int(scope[1]) * 4096
    for pattern, value in WIDTH:
        for text in texts:
            found = re.search(pattern, text)
            if found and value(found[1]):
                return value(found[1])
    return None


def place_of(release: str, repo: str, sae: dict) -> str | None:
    texts = (sae["id"], str(sae["path"]), release, repo, sae.get("neuronpedia") or "")
    for text in texts:
        for place, pattern in PLACES:
            if re.search(pattern, text):
                return place
    return None


def table() -> tuple[dict, dict]:
    source = files("sae_lens").joinpath("pretrained_saes.yaml").read_text()
    data = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    releases = []
    columns = {
        name: []
        for name in ("id", "path", "layer", "place", "width", "l0", "variance", "neuronpedia", "scale")
    }
    for release, value in data.items():
        conversion = value.get("conversion_func")
        repo = value["repo_id"]
        releases.append([release, value["model"], repo, conversion, len(value["saes"])])
        for sae in value["saes"]:
            path = str(sae["path"])
            name = (sae["id"], path, sae.get("neuronpedia") or "")
            columns["id"].append(sae["id"])
            # Often the same, or with something before it.
            assert "*" not in path
            columns["path"].append(path.replace(sae["id"], "*", 1))
            columns["layer"].append(first(LAYER, name))
            columns["place"].append(place_of(release, repo, sae))
            columns["width"].append(width_of(release, repo, sae, conversion))
            columns["l0"].append(sae.get("l0"))
            columns["variance"].append(sae.get("variance_explained"))
            columns["neuronpedia"].append(sae.get("neuronpedia"))
            columns["scale"].append(sae.get("norm_scaling_factor"))
    made = {
        "source": f"sae_lens {importlib.metadata.version('sae-lens')}",
        "releases": releases,
        **columns,
    }
    counts = {
        "source": made["source"],
        "releases": len(releases),
        "dictionaries": len(columns["id"]),
        "repositories": len({repo for _, _, repo, _, _ in releases}),
        **{name: sum(v is not None for v in columns[name]) for name in ("layer", "place", "width", "l0")},
        "variance": sum(v is not None for v in columns["variance"]),
        "neuronpedia": sum(v is not None for v in columns["neuronpedia"]),
    }
    return made, counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where the file is another")
    parser.add_argument("--counts", action="store_true", help="print the counts as JSON")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    args = parser.parse_args()
    made, counts = table()
    if args.json:
        print(json.dumps(made))
        return
    if args.counts:
        print(json.dumps(counts))
        return
    # With `*` in place of an id a path must come back as it was.
    text = json.dumps(made, separators=(",", ":"), ensure_ascii=True)
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    code = f"""// Made by python-interop/make_catalogue.py from {made['source']}: a gzip stream as base64.

/** How much of the table says what. */
export const COUNTS = {json.dumps(counts)};
/** The table, a column for each field. */
export const TABLE =
  '{packed}';
"""
    if args.check:
        # Python's zlib may compress otherwise elsewhere: what is in it counts.
        there = re.search(r"'([A-Za-z0-9+/=]{1000,})'", OUT.read_text())
        same = there and gzip.decompress(base64.b64decode(there[1])) == text.encode()
        raise SystemExit(0 if same else f"{OUT.name} is another than what {made['source']} gives")
    OUT.write_text(code)
    print(json.dumps({**counts, "bytes": len(packed) * 3 // 4}))


if __name__ == "__main__":
    main()
