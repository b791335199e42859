"""What users can set: read from the signature of a target, and given the types it states."""

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from harness.errors import ParameterError
from harness.plugin.selector import Argument, Selector, format_value
from harness.specs import (
    DatasetSpec,
    Maximum,
    MethodSpec,
    Minimum,
    NetworkSpec,
    OfBudget,
    OfImages,
    OnlyWith,
    Parameter,
    Role,
    Spec,
    Value,
    Views,
    type_of,
)
from harness.util.docstrings import argument_texts
from harness.util.text import cut, did_you_mean, whole_number

_SIMPLE = (bool, int, float, str)
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ROOT = Parameter(name="root", value_type=str, help="folder with its files")
_CHANNELS = "channels"
"""By this name, interface 1 knew the parameter that is set from the images."""


def parameters_of_target(target: Any) -> tuple[Parameter, ...]:
    """The parameters that the signature of a target declares.

    A parameter is an argument that can be given by its name, has a default, and is a ``bool``,
    ``int``, ``float``, ``str``, a ``Literal`` of these, or a list of them. All other arguments are
    left alone. Bounds and roles are markers of the type, such as
    ``Annotated[int, harness.Minimum(1)]``; the help is what the docstring's ``Args`` say.

    Args:
        target: a class, whose ``__init__`` is read, or a function.

    Returns:
        The parameters in the order of the signature.
    """
    function = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]
    try:
        arguments = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # it is not written in Python
        return ()
    texts = _argument_texts(target)
    parameters = (_parameter(argument, _hint(argument, function)) for argument in arguments)
    return tuple(replace(each, help=texts.get(each.name, "")) for each in parameters if each)


def declared_parameters(spec: Spec) -> tuple[Parameter, ...] | None:
    """The parameters that a spec declares itself; None: the signature of its target does."""
    if spec.parameters is None or not isinstance(spec, (MethodSpec, NetworkSpec)):
        return spec.parameters
    return tuple(
        replace(parameter, of_images=True) if parameter.name == _CHANNELS else parameter
        for parameter in spec.parameters
    )


def with_root(spec: Spec, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """The parameters of a target, and the root of a dataset's files, which users can set too."""
    needs_root = isinstance(spec, DatasetSpec) and spec.needs_root
    if needs_root and all(parameter.name != _ROOT.name for parameter in parameters):
        return (*parameters, _ROOT)
    return parameters


def resolve_parameters(
    who: str, parameters: Iterable[Parameter], arguments: Iterable[tuple[str, Argument]]
) -> dict[str, Value | Selector]:
    """Give arguments the types that parameters state.

    Args:
        who: what has the parameters, for messages, such as ``method 'mine'``.
        parameters: those that can be set.
        arguments: as parsed.

    Returns:
        The arguments given, and no others; a network is a selector or the text of one.

    Raises:
        ParameterError: a key is unknown, or a value has the wrong type or is out of range.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value | Selector] = {}
    for key, argument in arguments:
        if key not in known:
            raise ParameterError(
                f"{who} has no parameter {key!r}"
                f"{did_you_mean(key, known) or ';'} it has {', '.join(sorted(known)) or 'none'}"
            )
        try:
            values[key] = _typed(known[key], argument)
        except ValueError as error:
            raise ParameterError(f"{who}: parameter {key!r} {error}") from None
    return values


@dataclass(frozen=True)
class _Type:
    """What the type of an argument says of its values, or of their items if there are many."""

    value_type: type
    choices: tuple[Value, ...] = ()
    many: bool = False
    markers: tuple[object, ...] = ()


def _argument_texts(target: Any) -> dict[str, str]:
    """What docstrings say of arguments: a class's, its ``__init__``'s, those of its bases."""
    texts: dict[str, str] = {}
    for owner in reversed(target.__mro__ if isinstance(target, type) else (_unwrapped(target),)):
        constructor = vars(owner).get("__init__") if isinstance(owner, type) else None
        texts |= argument_texts(getattr(constructor, "__doc__", None))
        texts |= argument_texts(owner.__doc__)
    return texts


def _hint(argument: inspect.Parameter, function: Callable[..., Any]) -> Any:
    """The type of an argument; ``Parameter.empty`` where none is stated or it cannot be read."""
    holder = SimpleNamespace(__annotations__={argument.name: argument.annotation})
    names = getattr(_unwrapped(function), "__globals__", {})
    try:
        return get_type_hints(holder, names, include_extras=True)[argument.name]
    except Exception:  # only a type checker can read it
        return inspect.Parameter.empty


def _unwrapped(function: Any) -> Any:
    """The function below decorators and partial applications."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.unwrap(function)


def _parameter(argument: inspect.Parameter, hint: Any) -> Parameter | None:
    """The parameter that an argument of a type is, if it is one."""
    by_name = argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY)
    if not by_name or argument.default is argument.empty:
        return None
    found = _type_of_value(argument.default) if hint is argument.empty else _type_of_hint(hint)
    if found is None or not _is_of(found, argument.default):
        return None
    parameter = Parameter(
        name=argument.name,
        default=_default(found, argument.default),
        value_type=found.value_type,
        choices=found.choices,
        many=found.many,
    )
    for marker in found.markers:
        parameter = _marked(parameter, marker)
    return parameter


def _type_of_value(value: Any) -> _Type | None:
    """The type of a default whose argument states none."""
    if isinstance(value, (tuple, list)):
        types = {type(item) for item in value}
        return replace(_Type(types.pop()), many=True) if len(types) == 1 else None
    return _Type(type(value)) if type(value) in _SIMPLE else None


def _type_of_hint(hint: Any) -> _Type | None:
    """What a type says of values; None where users cannot write them."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        found = _type_of_hint(arguments[0])
        return found and replace(found, markers=(*found.markers, *arguments[1:]))
    if origin in (Union, UnionType):
        return _only([each for each in arguments if each is not NoneType])
    if origin is Literal:
        choices = tuple(choice for choice in arguments if choice is not None)
        found = _only([type(choice) for choice in choices])
        return found and replace(found, choices=choices)
    if origin in (tuple, list, Sequence):
        found = _only([each for each in arguments if each is not Ellipsis])
        return None if found is None or found.many else replace(found, many=True)
    return _Type(hint) if hint in _SIMPLE else None


def _only(hints: list[Any]) -> _Type | None:
    """What types say if they are one and the same."""
    return _type_of_hint(hints[0]) if hints and all(each == hints[0] for each in hints) else None


def _is_of(found: _Type, default: Any) -> bool:
    """Whether a default is of the type of its argument, so that users can write it as well."""
    if default is None:
        return True
    if found.many != isinstance(default, (tuple, list)):
        return False
    types = (int, float) if found.value_type is float else found.value_type
    return all(isinstance(item, types) for item in (default if found.many else (default,)))


def _default(found: _Type, default: Any) -> Value:
    """A default as a user's value of the same text would be typed, so that both are equal."""
    if default is None:
        return None
    if found.many:
        return tuple(_default(replace(found, many=False), item) for item in default)
    value: Value = float(default) if found.value_type is float else default
    return value


def _marked(parameter: Parameter, marker: object) -> Parameter:
    match marker:
        case Minimum(value):
            return replace(parameter, minimum=value)
        case Maximum(value):
            return replace(parameter, maximum=value)
        case Role(name):
            return replace(parameter, role=name)
        case Views(by_value):
            return replace(parameter, views=MappingProxyType(dict(by_value)))
        case OfImages():
            return replace(parameter, of_images=True)
        case OfBudget():
            return replace(parameter, of_budget=True)
        case OnlyWith(name, values):
            return replace(parameter, only_with=name, only_with_values=values)
    return parameter  # a marker for somebody else


def _typed(parameter: Parameter, argument: Argument) -> Value | Selector:
    """Give an argument the type of its parameter; raises ValueError with the end of a sentence."""
    if isinstance(argument, Selector):
        if parameter.role:
            return argument
        argument = str(argument)
    if parameter.many:
        items = (argument,) if isinstance(argument, str) else argument
        return tuple(_typed_item(parameter, item) for item in items)
    if isinstance(argument, tuple):
        raise ValueError(f"takes one value, not a list of {len(argument)}")
    if parameter.default is None and argument.lower() == "none":
        return None
    return _typed_item(parameter, argument)


def _typed_item(parameter: Parameter, text: str) -> Value:
    value = _converted(type_of(parameter) or str, text)
    if parameter.choices and value not in parameter.choices:
        close = did_you_mean(text, map(format_value, parameter.choices))
        choices = ", ".join(map(format_value, parameter.choices))
        raise ValueError(f"must be one of {choices}, not {text!r}{close}")
    if isinstance(value, (int, float)):
        if parameter.minimum is not None and value < parameter.minimum:
            raise ValueError(f"must be at least {parameter.minimum:g}, not {text}")
        if parameter.maximum is not None and value > parameter.maximum:
            raise ValueError(f"must be at most {parameter.maximum:g}, not {text}")
    return value


def _converted(value_type: type, text: str) -> Value:
    if value_type is str:
        return text
    if value_type is bool:
        if text.lower() not in _WORDS:
            raise ValueError(f"must be true or false, not {text!r}")
        return _WORDS[text.lower()]
    if value_type is int:
        whole = whole_number(text)
        if whole is None:
            raise ValueError(f"must be a whole number, not {cut(text)!r}")
        return whole
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"must be a number, not {cut(text)!r}")
    return number
