"""Assembly of one HTML file from data, a style sheet and JavaScript modules."""

import hashlib
import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence

IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function\*?) ([\w$]+))", re.MULTILINE)


def join_modules(sources: Mapping[str, str], entry: str) -> str:
    """Join a JavaScript module and all modules that it imports into one script.

    Scripts inside one HTML file cannot import each other. Therefore each module becomes
    a function that is called once, after the modules that it imports. Its exports are
    in `modules`, the only name that the script defines, by the path of its file.

    Args:
        sources: modules by path, with `import { a, b } from "./path.js";` and `export`
            of a constant, a function or a generator as the only statements about
            modules. No two modules import each other.
        entry: path of the module that is called last.
    """
    scopes: dict[str, str] = {}

    def add(path: str) -> None:
        def bind(statement: re.Match) -> str:
            names, target = statement.groups()
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if target not in scopes:
                add(target)
            return f'const {{{names}}} = modules["{target}"];'

        text = IMPORT.sub(bind, sources[path])
        result = f"return {{ {', '.join(EXPORT.findall(text))} }};"
        text = EXPORT.sub("", text)
        scopes[path] = f'modules["{path}"] = (() => {{\n{text}{result}\n}})();'

    add(entry)
    return "\n".join(['"use strict";', "const modules = {};", *scopes.values()])


def csp_hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy allows a text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def assemble(models: Sequence[Mapping[str, object]], sources: Mapping[str, str]) -> str:
    """Assemble the page of one or several models.

    Each `<` in the data is escaped, so that data are never markup. The page's policy
    allows only this script and the worker that it starts, and forbids to fetch or to
    send anything.

    Args:
        models: the data of each model; `name` is shown if there are several.
        sources: texts of the files of this folder, by path.
    """
    script, style = join_modules(sources, "panes/page.js"), sources["page.css"]
    policy = (
        f"default-src 'none'; script-src {csp_hash(script)}; worker-src blob:; "
        f"style-src {csp_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy,
        "style": style,
        "data": json.dumps(models, separators=(",", ":")).replace("<", "\\u003c"),
        "worker": join_modules(sources, "core/worker.js"),
        "script": script,
    }
    return re.sub(r"{{(\w+)}}", lambda mark: parts[mark[1]], sources["page.html"])
