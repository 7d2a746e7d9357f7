"""Commands as other users of the system, who need no accounts: they are made in mounts of the command's own."""

import os
import shutil
import sys

import pytest
from kit import KIT

# In mounts of its own: a folder at the top that only root may enter, but that leads to Python or the kit, gives way to one
# that leads to nothing else.
_SCRIPT = """
mask=$(umask); umask 022
for place in "$3" "$4" "$5"; do
    top=/$(echo "$place" | cut -d/ -f2)
    stat -c %A "$top" | grep -q '[xt]$' && ! mountpoint -q "$top" && continue
    mountpoint -q "$top" || { mount --bind "$top" /mnt && mount -t tmpfs -o mode=755 none "$top"; } || exit 1
    mkdir -p "$place" && mount --bind "/mnt/${place#$top/}" "$place" || exit 1
done
user=$1
mount -t tmpfs none /media || exit 1
{ cat /etc/passwd; echo "$2"; } > /media/passwd
mount --bind /media/passwd /etc/passwd || exit 1
shift 5
umask $mask
exec setpriv --reuid=$user --regid=$user --clear-groups "$@"
"""


def skip_without():
    """Skip the test where there can be no other users."""
    if os.geteuid() != 0:
        pytest.skip("only root can be other users")
    if not all(map(shutil.which, ("unshare", "setpriv", "mountpoint"))):
        pytest.skip("this machine lacks unshare, setpriv or mountpoint")


def as_user(number, command, accounts=None):
    """The command line that runs a command line as a user, on a machine with these accounts: name -> (number, home)."""
    lines = "\n".join(f"{name}:x:{one}:{one}::{home}:/bin/sh" for name, (one, home) in (accounts or {}).items())
    return ["unshare", "--mount", "sh", "-c", _SCRIPT, "sh", str(number), lines, sys.base_prefix, sys.prefix, str(KIT), *command]
