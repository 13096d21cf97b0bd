"""The magics ``%openapi`` and ``%%openapi``, and their settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Dict, Enum, Float, TraitError, Unicode, observe, validate

from jupyter_openapi.colors import PAIRS, choose, chosen
from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.magic.caller import RUNS, Scope, calling_frame, scope_at, show, use_of_value
from jupyter_openapi.messages import _, commas, ended, ngettext, say, set_language, unknown_variable

if TYPE_CHECKING:
    from jupyter_openapi.magic.display import FrameDisplay


@contextmanager
def _as_trait_error() -> Iterator[None]:
    """Raise a refusal as the error that traitlets expects of a validator."""
    try:
        yield
    except RequestRefused as refused:
        raise TraitError(str(refused)) from None


@magics_class
class OpenAPIMagics(Magics):
    """The magic and its settings, which ``%config OpenAPIMagics`` lists."""

    _views: FrameDisplay | None = None
    _applied = False  # the settings that are kept

    decimals = Enum(
        ("float64", "decimal", "string"),
        default_value="float64",
        help="How decimal columns come: float64, or decimal or string to keep every digit.",
    ).tag(config=True)
    tz = Unicode("UTC", help="The time zone of dates typed and shown, such as Asia/Hong_Kong.").tag(
        config=True
    )

    view = Enum(
        ("compact", "full"),
        default_value="compact",
        help="How frames are shown: compact, the columns a person wants first; or full, as pandas does.",
    ).tag(config=True)

    colors = Enum(
        tuple(PAIRS),
        default_value=chosen(),
        help="The colours of rising and falling: green-up, red-up, or blue-up for readers who can't tell red "
        "from green.",
    ).tag(config=True)

    language = Unicode(
        help="The language of what is shown, of names and of the broker's messages: en, zh-CN or zh-HK. "
        "Empty: that of LONGBRIDGE_LANGUAGE, else English."
    ).tag(config=True)

    @validate("language")
    def _check_language(self, proposal: Mapping[str, Any]) -> str:
        from jupyter_openapi.transport.hosts import language_named

        with _as_trait_error():
            return language_named(proposal["value"]) if proposal["value"] else ""

    @observe("language")
    def _use_language(self, _change: Any) -> None:
        from jupyter_openapi.session import SESSION

        set_language(self.language or None)
        SESSION.set_language(self.language or None)

    limits_url = Unicode(
        help="The Redis server where kernels on several machines share the broker's limits, from the next "
        "connect on. Empty: that of LONGBRIDGE_LIMITS_URL (for one with a password), else files of this user."
    ).tag(config=True)

    @validate("limits_url")
    def _check_limits_url(self, proposal: Mapping[str, Any]) -> str:
        from jupyter_openapi.ratelimit.redis import check_limits_url

        url = str(proposal["value"]).strip()
        if url:
            with _as_trait_error():
                check_limits_url(url, "limits_url", password=False)
        return url

    @observe("limits_url")
    def _use_limits_url(self, _: Any) -> None:
        from jupyter_openapi.session import SESSION

        SESSION.limits_url = self.limits_url or None

    tick = Enum(
        ("off", "nearest", "up", "down", "safe"),
        default_value="off",
        help="How prices of orders are rounded to the market's steps: safe is a buy down and a sell up.",
    ).tag(config=True)
    max_value = Dict(
        help="The most that one order may be worth without --override max_value, by currency, such as "
        "{'HKD': 500000}; a currency that is not named keeps its maximum, and None lifts one."
    ).tag(config=True)
    aggressive = Float(
        10.0,
        help="How many percent beyond the last price a limit may be without --override distance, on the side "
        "that trades at once.",
    ).tag(config=True)
    passive = Float(50.0, help="The same on the side that waits.").tag(config=True)

    fees = Dict(
        help="The broker's own commission and platform fee, by market, such as "
        "{'HK': 15, 'US': {'per_share': '0.005', 'minimum': 1}}: per_order, per_share, rate, minimum."
    ).tag(config=True)

    @validate("fees")
    def _check_fees(self, proposal: Mapping[str, Any]) -> Any:
        from jupyter_openapi.market.fees import stated_fees

        with _as_trait_error():
            stated_fees(proposal["value"])
        return proposal["value"]

    @observe("fees")
    def _use_fees(self, _change: Any) -> None:
        from jupyter_openapi.session import SESSION

        SESSION.set_fees(self.fees)

    @validate("max_value", "aggressive", "passive")
    def _check_order_limit(self, proposal: Mapping[str, Any]) -> Any:
        from jupyter_openapi.trading.limits import OrderLimits

        given = {"max_value": {}, "aggressive": 1, "passive": 1, proposal["trait"].name: proposal["value"]}
        with _as_trait_error():
            OrderLimits.of(**given)
        return proposal["value"]

    @observe("max_value", "aggressive", "passive")
    def _use_order_limits(self, _change: Any) -> None:
        from jupyter_openapi.session import SESSION
        from jupyter_openapi.trading.limits import OrderLimits

        SESSION.set_order_limits(OrderLimits.of(self.max_value, self.aggressive, self.passive))

    @observe("colors")
    def _use_colors(self, change: Mapping[str, Any]) -> None:
        choose(change["new"])

    @validate("tz")
    def _check_tz(self, proposal: Mapping[str, Any]) -> str:
        from jupyter_openapi.spec.dates import zone

        name = str(proposal["value"])
        try:
            zone(name)
        except ValueError as unknown:
            raise TraitError(ended(str(unknown))) from None
        return name

    @no_var_expand
    @line_cell_magic
    @guarded
    def openapi(self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None) -> Any:
        """Send signed requests to the broker by name; reads come as DataFrames, orders as previews.

        %openapi [--flags] [VAR <<] COMMAND | OPERATION | METHOD PATH  [words] [name=value ...]

        %openapi connect sandbox                     a paper exchange on this machine (or: paper, live)
        %openapi positions                           your holdings, as a DataFrame
        df = %openapi quote 700.HK AAPL.US           quotes into a variable; also df << quote ...
        %openapi GET /v1/asset/stock symbol=700.HK   any path
        %openapi submit 700.HK side=buy price={bid} quantity=100
                                                     a preview; nothing is sent
        %openapi send                                sends that preview, once, within 60 s
        %openapi --execute submit 700.HK side=buy type=MO quantity=100
                                                     previews and sends in one go

        %%openapi --execute POST /v1/trade/order     a cell: its body is JSON, or name: value lines
        {"symbol": "700.HK", "side": "Buy", "order_type": "MO", "submitted_quantity": "100",
         "time_in_force": "Day"}

        Words fill the operation's main parameter. {expression} is evaluated as Python would there; None
        leaves a parameter out. Flags stand before the operation. # starts a comment; a trailing ; mutes.

        %openapi alone shows where you are connected and all flags; %openapi endpoints [WORD] searches the
        operations; %openapi help NAME explains one, with an example; %config OpenAPIMagics sets defaults.
        """
        with _begun(line):
            # Imported at the first line that is typed: the load itself must stay light.
            from jupyter_openapi.magic.actions import run_line
            from jupyter_openapi.magic.command import Context

            scope = scope_at(calling_frame(), self.names) if local_ns is None else Scope(local_ns, self.names)
            self._use_saved_settings()
            command, result = run_line(line, cell, Context(self, scope))
        self._show_views()
        if command.kind == "empty":
            from jupyter_openapi.magic.commands import COMMANDS
            from jupyter_openapi.magic.commands.help import brief

            say(brief(COMMANDS))
            return None
        if command.target is not None:
            self.names[command.target] = result
            if not command.muted:
                say(f"{command.target}: {_summary(result)}")
            return None
        use = use_of_value() if command.muted or hasattr(result, "sighting") else ""
        if command.muted:
            return None if use == "displayed" else result
        if use == "discarded":
            show(result)  # the cell's last line will not, and only what was seen may be sent
        elif use == "kept":
            RUNS.keep(result)
        return result

    def _use_saved_settings(self) -> None:
        """Apply the saved settings at the first line; the shell's configuration wins over them."""
        if self._applied:
            return
        self._applied = True
        from jupyter_openapi.magic.commands import settings

        configured = self.config.get("OpenAPIMagics", {})
        found = settings.kept()
        settings.apply({name: value for name, value in found.items() if name not in configured}, self)
        if wrong := unknown_variable():
            say(wrong)  # nobody would see why it is English

    def _show_views(self) -> None:
        """Show frames by their views, from the first line that may have made one."""
        if self._views is None and "pandas" in sys.modules:
            from jupyter_openapi.magic.display import FrameDisplay

            self._views = FrameDisplay(self.shell, lambda: self.view == "compact")
            self._views.install()

    def unload(self) -> None:
        """Put back how frames were shown, and the language of messages."""
        set_language(None)
        if self._views is not None:
            self._views.uninstall()
            self._views = None

    @property
    def names(self) -> dict[str, Any]:
        """The notebook's names."""
        return self.shell.user_ns if self.shell is not None else {}


def _begun(line: str) -> AbstractContextManager[None]:
    """Start in the background what a kernel's first line would wait for."""
    if "jupyter_openapi.session" in sys.modules:
        return nullcontext()
    from jupyter_openapi.magic.ahead import sandbox_ahead

    return sandbox_ahead(line)


def _summary(result: Any) -> str:
    shape = getattr(result, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2:
        rows = ngettext("{count:,} row", "{count:,} rows", shape[0]).format(count=shape[0])
        columns = ngettext("{count:,} column", "{count:,} columns", shape[1]).format(count=shape[1])
        return commas((rows, columns))
    if hasattr(result, "sighting"):
        return _("a preview; nothing was sent.")
    if isinstance(result, str):
        count = result.count("\n") + 1
        return ngettext("text of {count} line", "text of {count} lines", count).format(count=count)
    if isinstance(result, (dict, list)):
        return f"{type(result).__name__} of {len(result)}"
    return repr(result)
