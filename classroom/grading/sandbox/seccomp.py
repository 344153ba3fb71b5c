"""A filter of system calls for the box, as bytes for the kernel.

Namespaces and an unprivileged user hold a submission in. What would still let it make namespaces
of its own (and file systems in memory beyond its limit), look into other processes, or reach the
seldom used corners of the kernel fails with EPERM here.
"""

import errno
import platform
import struct

# Numbers of calls: x86_64, aarch64. See include/uapi/asm-generic/unistd.h and syscall_64.tbl.
FORBIDDEN = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "setns": (308, 268),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
CLONE = (56, 220)
CLONE3 = (435, 435)
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32 = 0x40000000  # the bit in the number of a call that x86_64 knows under a second number

# Instructions, see include/uapi/linux/bpf_common.h.
LOAD = 0x20
EQUAL = 0x15
ANY_BIT = 0x45
AT_LEAST = 0x35
RETURN = 0x06
# Offsets in struct seccomp_data.
NUMBER = 0
ARCHITECTURE = 4
FIRST_ARGUMENT = 16
# What is returned.
ALLOW = 0x7FFF0000
REFUSE = 0x00050000


def program() -> bytes:
    """Return the filter for this machine, empty for a kind of machine that it does not know."""
    if platform.machine() not in ARCHITECTURES:
        return b""
    column, architecture = ARCHITECTURES[platform.machine()]
    refuse = REFUSE | errno.EPERM
    missing = REFUSE | errno.ENOSYS
    code = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, refuse),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, refuse),
        (EQUAL, 0, 1, CLONE3[column]),  # its flags are in memory, where no filter can see them:
        (RETURN, 0, 0, missing),  # libraries then take clone
    ]
    for numbers in FORBIDDEN.values():
        code.append((EQUAL, 0, 1, numbers[column]))
        code.append((RETURN, 0, 0, refuse))
    code += [
        (EQUAL, 0, 3, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, refuse),
        (RETURN, 0, 0, ALLOW),
    ]
    packed = [struct.pack("=HBBI", *instruction) for instruction in code]
    return b"".join(packed)
