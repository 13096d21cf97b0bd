"""For language models: ``llms.txt``, the pages with a sentence each, and ``llms-full.txt``, their text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def write(folder: Path, env: BuildEnvironment, title: str) -> None:
    """Write both files into the folder of the built site."""
    pages = [env.config.root_doc, *(name for name in sorted(env.found_docs) if name != env.config.root_doc)]
    lines = [f"# {title}", "", f"> {_first_sentence(env, env.config.root_doc)}", "", "## Pages", ""]
    whole = []
    for name in pages:
        heading = env.titles[name].astext()
        lines.append(f"- [{heading}]({name}.html): {_first_sentence(env, name)}")
        whole.append(f"<!-- {name} -->\n{Path(env.doc2path(name)).read_text(encoding='utf-8')}")
    (folder / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "llms-full.txt").write_text("\n\n".join(whole), encoding="utf-8")


def _first_sentence(env: BuildEnvironment, name: str) -> str:
    for paragraph in env.get_doctree(name).findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        return text if "." not in text else f"{text.partition('. ')[0].rstrip('.')}."
    return ""
