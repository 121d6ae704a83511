"""Hashes that tell whether a prepared database still fits the add-ons' sources.

A database depends on data files and on what classes declare (fields, constraints, defaults), not on what
methods do: a changed method body leaves the hash as it is, so the inner loop needs no new database.
"""

import ast
import hashlib

from .layout import ADDONS, CONFIG

DATA_SUFFIXES = {".xml", ".csv", ".po", ".json", ".sql", ".yaml", ".yml", ".txt", ".html"}
SKIPPED_FOLDERS = {"tests", "__pycache__", "readme", "newsfragments"}
STATIC_KEPT = {"description"}  # the icon; other static files are served from disk
# Methods whose body shapes the database while an add-on is installed.
INSTALLING = {"init", "_auto_init", "_register_hook", "pre_init_hook", "post_init_hook"}


def manifest(name):
    """Return an add-on's manifest as a dict."""
    return ast.literal_eval((ADDONS / name / "__manifest__.py").read_text(encoding="utf-8"))


def closure(name):
    """Return the project's add-ons that ``name`` needs, itself included."""
    found, queue = set(), [name]
    while queue:
        current = queue.pop()
        if current not in found and (ADDONS / current / "__manifest__.py").exists():
            found.add(current)
            queue += manifest(current).get("depends", [])
    return sorted(found)


def foreign_dependencies(names):
    """Return the add-ons of Odoo and OCA that the given add-ons of the project ask for."""
    own = {path.parent.name for path in ADDONS.glob("*/__manifest__.py")}
    wanted = {dep for name in names for dep in manifest(name).get("depends", [])}
    return sorted(wanted - own)


def of_environment():
    """Return the hash of everything below the add-ons: Odoo's and Python's pins."""
    digest = hashlib.sha256()
    for name in ("odoo-packages.txt", "constraints.txt"):
        digest.update((CONFIG / name).read_bytes())
    return digest.hexdigest()


def of_addons(names):
    """Return the hash of what the given add-ons bring into a database."""
    digest = hashlib.sha256(of_environment().encode())
    for name in sorted(names):
        for path in sorted((ADDONS / name).rglob("*")):
            part = _relevant(path, path.relative_to(ADDONS / name).parts)
            if part is not None:
                digest.update(f"{path.relative_to(ADDONS)}\0".encode() + part)
    return digest.hexdigest()


def _relevant(path, parts):
    """Return the bytes of a file that matter to a database, None when none do."""
    if not path.is_file() or SKIPPED_FOLDERS & set(parts[:-1]):
        return None
    if parts[0] == "static" and not STATIC_KEPT & set(parts):
        return None
    if path.suffix == ".py":
        return declarations(path.read_text(encoding="utf-8")).encode()
    if path.suffix in DATA_SUFFIXES or parts[0] in ("data", "static"):
        return path.read_bytes()
    return None


def declarations(source):
    """Return a Python source reduced to what it declares.

    >>> one = declarations("class A:\\n    x = 1\\n    def f(self):\\n        return 1")
    >>> one == declarations("class A:\\n    x = 1\\n    def f(self):\\n        return 2")
    True
    >>> one == declarations("class A:\\n    x = 2\\n    def f(self):\\n        return 1")
    False
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source  # the run itself will say what is wrong
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in INSTALLING:
            node.body = [ast.Pass()]
        if isinstance(node, (ast.Module, ast.ClassDef)) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
