"""Whose machine the kernel runs on, and what may be done there.

Keys typed into a page go to the kernel. On a machine that strangers share only play money may move, and real
orders need a journal on a disk that outlives the machine.
"""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jupyter_openapi.messages import _
from jupyter_openapi.storage import DATA_VARIABLE, data_folder

OWNER_SAYS = "JUPYTER_OPENAPI_ORDERS"
"""Set to ``on`` by the owner of a server that others use, to allow orders from there."""


@dataclass(frozen=True, slots=True)
class Service:
    """A company that lends machines for notebooks.

    Attributes
    ----------
    name
        What its users call it.
    variables
        Its machines have one of these environment variables.
    lasting
        Folders that outlive the machine.
    advice
        A folder to keep the journal of orders in.
    """

    name: str
    variables: tuple[str, ...]
    lasting: tuple[str, ...]
    advice: str


SERVICES = (
    Service(
        "Google Colab",
        ("COLAB_RELEASE_TAG", "COLAB_GPU"),
        ("/content/drive",),
        "/content/drive/MyDrive/jupyter-openapi",
    ),
    Service("Kaggle", ("KAGGLE_KERNEL_RUN_TYPE",), (), "/kaggle/working/jupyter-openapi"),
    Service("GitHub Codespaces", ("CODESPACES",), ("/workspaces",), "/workspaces/.jupyter-openapi"),
    Service(
        "Amazon SageMaker",
        ("SAGEMAKER_APP_TYPE", "SAGEMAKER_APP_TYPE_LOWERCASE", "SAGEMAKER_INTERNAL_IMAGE_URI"),
        ("/home/sagemaker-user", "/home/ec2-user/SageMaker", "/mnt/custom-file-systems"),
        "/home/sagemaker-user/.jupyter-openapi",
    ),
    Service("Deepnote", ("DEEPNOTE_PROJECT_ID",), ("/work",), "/work/.jupyter-openapi"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel runs.

    Attributes
    ----------
    words
        One sentence for the panel: where typed keys go.
    sandbox_only
        Whether only the sandbox may be used (Binder).
    orders
        Whether orders on paper and live accounts may be allowed.
    service
        The company whose machine it is, None where it is not known to be one's.
    vanishing
        Why the journal of orders would be lost with the machine, and what to type; "" where it would last.
    """

    words: str
    sandbox_only: bool = False
    orders: bool = True
    service: str | None = None
    vanishing: str = ""


def machine(environ: Mapping[str, str] | None = None) -> Machine:
    """Tell where this kernel runs, from its environment."""
    known = os.environ if environ is None else environ
    if known.get("BINDER_LAUNCH_HOST") or known.get("BINDER_SERVICE_HOST"):
        words = _(
            "This kernel runs on Binder, someone else's machine: type no keys here. Only the sandbox may be "
            "used."
        )
        return Machine(words, sandbox_only=True, orders=False, service="Binder")
    if known.get("SERVER_SOFTWARE", "").startswith("voila"):
        return _voila(known)
    for service in SERVICES:
        if any(known.get(name) for name in service.variables):
            return _hosted(service, known)
    host = platform.node() or _("this machine")
    if user := known.get("JUPYTERHUB_USER"):
        words = _("This kernel runs on {host}, a hub's machine, as {user}: keys you type stay in its memory.")
        return Machine(words.format(host=host, user=user))
    words = _("This kernel runs on {host} as {user}: keys you type stay in its memory.")
    return Machine(words.format(host=host, user=_user()))


# Besides what `machine` knows: a hub, and a shell over ssh.
_ELSEWHERE = ("JUPYTERHUB_USER", "SSH_CONNECTION")


def browser_is_elsewhere(environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether the person's browser is likely to run on another machine, which can't reach this one."""
    known = os.environ if environ is None else environ
    served = known.get("SERVER_SOFTWARE", "").startswith("voila")
    hosted = machine(known).service is not None
    return served or hosted or any(known.get(name) for name in _ELSEWHERE)


def _voila(known: Mapping[str, str]) -> Machine:
    allowed = known.get(OWNER_SAYS, "").strip().lower() == "on"
    if allowed:
        words = _(
            "This page is served by Voila on {host}: keys you type go to its owner's machine. Orders on "
            "paper and live accounts are allowed by its owner."
        )
    else:
        words = _(
            "This page is served by Voila on {host}: keys you type go to its owner's machine. Orders on "
            "paper and live accounts are off until its owner sets {variable}=on."
        )
    host = platform.node() or _("this machine")
    return Machine(words.format(host=host, variable=OWNER_SAYS), orders=allowed)


def _hosted(service: Service, known: Mapping[str, str]) -> Machine:
    words = _("This kernel runs on {service}, a company's machine: keys you type stay in its memory.")
    return Machine(
        words.format(service=service.name),
        service=service.name,
        vanishing="" if _lasts(service, known) else _vanishing(service),
    )


def _lasts(service: Service, known: Mapping[str, str]) -> bool:
    """Tell whether the journal's folder outlives the machine, or was chosen by the user."""
    if known.get(DATA_VARIABLE):
        return True
    folder = data_folder()
    return any(folder.is_relative_to(Path(each)) for each in service.lasting)


def _vanishing(service: Service) -> str:
    return _(
        "{service} deletes {folder}, where the journal of orders is, with the machine: after that nobody "
        "knows what became of an unanswered order. Choose a folder that lasts, then connect again: "
        "`%env {variable}={advice}`."
    ).format(service=service.name, folder=data_folder(), variable=DATA_VARIABLE, advice=service.advice)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return _("an unnamed user")
