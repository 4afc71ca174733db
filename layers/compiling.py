"""The one way to compile a kernel: cached on disk under a key made of all kernel sources.

Numba's own cache does not notice an edit to a helper in another file, so the folder's name
is a hash of every file of the package that a kernel is in, and of those that hold kernels of ours.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

_P = ParamSpec("_P")
_R = TypeVar("_R")


@cache
def cache_folder(package: Path) -> Path:
    """Folder of a package's kernels: RHIZOTRON_CACHE, else the user's cache, else a temporary folder."""
    folders = {package, *(Path(__file__).parents[1] / room / "kernels" for room in ("filters", "sources"))}
    sources = [Path(__file__), *(path for folder in sorted(folders) for path in sorted(folder.glob("*.py")))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    base = Path(os.environ.get("RHIZOTRON_CACHE") or Path.home() / ".cache" / "rhizotron")
    for folder in (
        base / "kernels" / digest,
        Path(tempfile.gettempdir()) / f"rhizotron-{os.getuid()}" / digest,
    ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise PermissionError(f"no writable folder for compiled kernels; set RHIZOTRON_CACHE (tried {base})")


def is_anything_compiled(package: Path) -> bool:
    """Whether kernels of a package have been compiled before: what runs first takes longer without."""
    modules = {path.stem for path in package.glob("*.py")}
    return any(path.name.partition(".")[0] in modules for path in cache_folder(package).rglob("*.nbi"))


class Kernel(Generic[_P, _R]):
    """A function that is compiled when it is first called, or by a kernel that calls it.

    Until then Numba, which takes seconds to import, is not: commands that look up what a set of signals or
    a language is compile nothing. To Numba this is the compiled function.
    """

    def __init__(self, function: Callable[_P, _R], *, cached: bool, **options: Any) -> None:
        update_wrapper(self, function)
        self._function = function
        self._cached = cached
        self._options = options

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        result: _R = self.compiled(*args, **kwargs)
        return result

    @cached_property
    def compiled(self) -> Any:
        """Numba's dispatcher."""
        import numba

        make = numba.njit(nogil=True, cache=self._cached, **self._options)
        if not self._cached:
            return make(self._function)
        with _compiling:
            previous = numba.config.CACHE_DIR
            # read by the decorator; restored for other users
            numba.config.CACHE_DIR = str(self._cache_folder())
            try:
                return make(self._function)
            finally:
                numba.config.CACHE_DIR = previous

    def _cache_folder(self) -> Path:
        return cache_folder(Path(self._function.__code__.co_filename).parent)

    @property
    def _numba_type_(self) -> Any:
        """What Numba asks of a global that a kernel uses."""
        return self.compiled._numba_type_

    def __getattr__(self, name: str) -> Any:
        # what the passes of Numba look for, such as whether a helper is to be inlined
        if name.startswith("__") or name in ("_function", "compiled"):
            raise AttributeError(name)
        return getattr(self.compiled, name)


_compiling = Lock()


def kernel(function: Callable[_P, _R], **options: bool) -> Callable[_P, _R]:
    """Compile to machine code: nogil, cached, no fastmath, no parallel, so results are deterministic."""
    return Kernel(function, cached=True, **options)


def kernel_without_references(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A kernel that makes no arrays: without Numba's run time, no references are counted, which is atomic."""
    return kernel(function, _nrt=False)


def inlined_kernel(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A helper of one kernel, made part of it: a call with arrays costs two atomic operations for each."""
    return Kernel(function, cached=False, inline="always")


class Instruction(Generic[_P, _R]):
    """A function that a kernel calls and Numba has no name for, made when the first kernel is compiled."""

    def __init__(self, function: Callable[_P, _R], make: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        self._make = make

    @cached_property
    def _numba_type_(self) -> Any:
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic

        self._intrinsic = intrinsic(self._make())  # the type holds no reference
        cpu_target.typing_context.refresh()
        return cpu_target.typing_context.resolve_value_type(self._intrinsic)

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        raise NotImplementedError("only compiled code has this instruction")


def instruction(make: Callable[..., Any]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    return lambda function: Instruction(function, make)


def _make_load_word() -> Any:
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        address = element_address(context, builder, signature.args[0], *args)
        return builder.load(builder.bitcast(address, word.as_pointer()), align=1)

    def load_word(_: Any, values: Any, place: Any) -> Any:
        return types.uint64(values, place), generate

    return load_word


def _make_store_word() -> Any:
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = element_address(context, builder, signature.args[0], *args[:2])
        builder.store(args[2], builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    def store_word(_: Any, values: Any, place: Any, word: Any) -> Any:
        return types.void(values, types.uint64, types.uint64), generate

    return store_word


def _make_trailing_zeros() -> Any:
    from llvmlite import ir
    from numba import types

    def trailing_zeros(_: Any, number: Any) -> Any:
        return types.int64(types.uint64), lambda context, builder, signature, args: builder.cttz(
            args[0], ir.IntType(1)(0)
        )

    return trailing_zeros


def element_address(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Of an element of an array in C's order; place counts its elements, 64 bits."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [place])


@instruction(_make_load_word)
def load_word(values: np.ndarray, place: np.int64) -> np.uint64:
    """Eight bytes of uint8 from a place on, which must be there, the first in the lowest bits."""
    raise NotImplementedError


@instruction(_make_store_word)
def store_word(values: np.ndarray, place: np.uint64, word: np.uint64) -> None:
    """Write eight bytes of uint8 from a place on, where there must be room, the lowest bits first."""
    raise NotImplementedError


@instruction(_make_trailing_zeros)
def trailing_zeros(number: np.uint64) -> np.int64:
    """How many of the lowest bits are 0; 64 for 0."""
    raise NotImplementedError
