"""One HTML file of data, a style and modules of JavaScript."""

import hashlib
import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping

IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:class|const|function) ([\w$]+))", re.MULTILINE)


def join_modules(sources: Mapping[str, str], entry: str) -> str:
    """Join a module of JavaScript and all that it imports into one script.

    Scripts inside one HTML file cannot import each other. So each module becomes a
    function, called once and after those that it imports. What it exports is in
    `modules`, the only name that the script defines, by the path of its file.

    Args:
        sources: modules by path, with `import { a, b } from "./path.js";` and `export`
            of a class, a constant or a function as the only statements about modules.
        entry: path of the module that is called last.

    Raises:
        ValueError: what is imported is not exported, or modules import each other.
    """
    exports: dict[str, list[str]] = {}
    scopes: list[str] = []

    def add(path: str, importers: tuple[str, ...]) -> None:
        if path in importers:
            raise ValueError(f"{path} imports itself by way of {importers[-1]}")
        if path in exports:
            return

        def bind(statement: re.Match) -> str:
            names, target = statement.groups()
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            add(target, (*importers, path))
            if missing := set(re.findall(r"[\w$]+", names)) - {*exports[target]}:
                raise ValueError(f"{path}: {target} does not export {sorted(missing)}")
            return f'const {{{names}}} = modules["{target}"];'

        text = IMPORT.sub(bind, sources[path])
        exports[path] = EXPORT.findall(text)
        text = EXPORT.sub("", text)
        result = f"return {{ {', '.join(exports[path])} }};"
        scopes.append(f'modules["{path}"] = (() => {{\n{text}{result}\n}})();')

    add(entry, ())
    return "\n".join(['"use strict";', "const modules = {};", *scopes])


def digest(text: str) -> str:
    """Return what makes a Content-Security-Policy allow this very text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def assemble(data: Mapping[str, object], sources: Mapping[str, str]) -> str:
    """Assemble the page.

    Data are never markup: a `<` in them is escaped, and the browser is told to run and
    to fetch nothing but the script that is named by its hash, and the worker that this
    script starts; and to send nothing.

    Args:
        data: all that the page shows.
        sources: texts of the files of this folder by path.
    """
    script = join_modules(sources, "panes/page.js")
    policy = (
        f"default-src 'none'; script-src {digest(script)}; worker-src blob:; "
        f"style-src {digest(sources['page.css'])}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "style": sources["page.css"],
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        "worker": join_modules(sources, "core/worker.js"),
        "script": script,
    }
    return re.sub(r"{{(\w+)}}", lambda mark: parts[mark[1]], sources["page.html"])
