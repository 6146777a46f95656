"""Raw system calls through ctypes: what Python's `os` does not offer.

    syscall   a system call by name; a failure comes as the OSError that `os` would raise
    prctl     the same for prctl(2)
    buffer    room for an answer
    number    the number of a system call on this machine
    Lacking   the kernel or the machine does not offer a layer

Numbers differ between machines only where the kernel's headers say so, so the two machines that are supported
(x86_64, aarch64) stand side by side in one table, `_NUMBERS`. None: the machine does not have the call.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys

__all__ = ["Lacking", "address", "buffer", "machine", "number", "prctl", "raw", "syscall"]

MACHINES = {"x86_64": 0, "aarch64": 1}


class Lacking(Exception):
    """The host does not offer what a layer needs; the text says what."""


@functools.cache
def machine() -> str:
    """Name of the machine, one of those in the table.

    Raises
    ------
    Lacking
        The machine, its byte order or the width of this process is another one.
    """
    name = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine())
    if name not in MACHINES or sys.byteorder != "little" or sys.maxsize < 2**32 or sys.platform != "linux":
        raise Lacking(
            f"the system calls of {sys.platform} on {name} are not known, those of Linux on "
            + " and ".join(MACHINES)
        )
    return name


def number(name: str) -> int | None:
    """Number of a system call on this machine; None where the machine does not have it."""
    return numbers()[name]


@functools.cache
def numbers() -> dict[str, int | None]:
    """All system calls of the table with their numbers on this machine."""
    column = 1 + MACHINES[machine()]
    rows = (row.split() for row in _NUMBERS.strip().splitlines())
    return {row[0]: None if row[column] == "-" else int(row[column]) for row in rows}


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call.

    Parameters
    ----------
    name : str
        A name of the table.
    *arguments : int, bytes, buffer or None
        A buffer is passed by address, None as a null pointer.

    Returns
    -------
    int
        What the call returns.

    Raises
    ------
    OSError
        The call failed, or the machine does not have it (ENOSYS).

    Examples
    --------
    >>> syscall("getpid") == os.getpid()
    True
    """
    call = number(name)
    if call is None:
        raise OSError(38, f"{name}: this machine has no such system call")
    return raw(call, *arguments, name=name)


def raw(call: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None, name: str = "") -> int:
    """Make a system call by its number; as `syscall` otherwise."""
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    returned: int = ctypes.c_long(_libc().syscall(ctypes.c_long(call), *passed)).value
    if returned == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name or call}: {os.strerror(code)}")
    return returned


def buffer(size: int) -> ctypes.Array[ctypes.c_char]:
    """Room for what the kernel writes; `.raw` has the bytes."""
    return ctypes.create_string_buffer(size)


def address(room: ctypes.Array[ctypes.c_char]) -> int:
    """Where a buffer lies, for calls that take their pointers as numbers."""
    return ctypes.addressof(room)


def prctl(option: int, *arguments: int | bytes) -> int:
    """Make a prctl(2) call; arguments that are not given are 0, as the kernel asks for."""
    return syscall("prctl", option, *arguments, *[0] * (4 - len(arguments)))


_NUMBERS = """
access 21 -
add_key 248 217
alarm 37 -
bind 49 200
bpf 321 280
brk 12 214
capget 125 90
capset 126 91
chdir 80 49
chmod 90 -
chown 92 -
chroot 161 51
clock_getres 229 114
clock_gettime 228 113
clock_nanosleep 230 115
clone 56 220
clone3 435 435
close 3 57
close_range 436 436
connect 42 203
dup 32 23
dup2 33 -
dup3 292 24
execve 59 221
execveat 322 281
exit 60 93
exit_group 231 94
faccessat 269 48
faccessat2 439 439
fanotify_init 300 262
fchdir 81 50
fchmod 91 52
fchmodat 268 53
fchmodat2 452 452
fchown 93 55
fchownat 260 54
fcntl 72 25
fdatasync 75 83
flock 73 32
fork 57 -
fstat 5 80
fsync 74 82
ftruncate 77 46
futex 202 98
futimesat 261 -
get_robust_list 274 100
getcpu 309 168
getcwd 79 17
getdents 78 -
getdents64 217 61
getegid 108 177
geteuid 107 175
getgid 104 176
getgroups 115 158
getitimer 36 102
getpgid 121 155
getpgrp 111 -
getpid 39 172
getppid 110 173
getrandom 318 278
getresgid 120 150
getresuid 118 148
getrlimit 97 163
getrusage 98 165
getsid 124 156
gettid 186 178
gettimeofday 96 169
getuid 102 174
inotify_init1 294 26
io_setup 206 0
io_uring_setup 425 425
ioctl 16 29
kcmp 312 272
keyctl 250 219
kill 62 129
landlock_add_rule 445 445
landlock_create_ruleset 444 444
landlock_restrict_self 446 446
lchown 94 -
link 86 -
linkat 265 37
listen 50 201
lseek 8 62
lstat 6 -
madvise 28 233
memfd_create 319 279
memfd_secret 447 447
mkdir 83 -
mkdirat 258 34
mknod 133 -
mknodat 259 33
mmap 9 222
mount 165 40
mprotect 10 226
mq_open 240 180
mremap 25 216
msgget 68 186
msync 26 227
munmap 11 215
nanosleep 35 101
newfstatat 262 79
open 2 -
open_by_handle_at 304 265
openat 257 56
openat2 437 437
pause 34 -
perf_event_open 298 241
personality 135 92
pidfd_getfd 438 438
pidfd_open 434 434
pidfd_send_signal 424 424
pipe 22 -
pipe2 293 59
pivot_root 155 41
poll 7 -
ppoll 271 73
prctl 157 167
pread64 17 67
preadv 295 69
preadv2 327 286
prlimit64 302 261
process_madvise 440 440
process_vm_readv 310 270
process_vm_writev 311 271
pselect6 270 72
ptrace 101 117
pwrite64 18 68
pwritev 296 70
pwritev2 328 287
read 0 63
readlink 89 -
readlinkat 267 78
readv 19 65
rename 82 -
renameat 264 38
renameat2 316 276
request_key 249 218
restart_syscall 219 128
rmdir 84 -
rseq 334 293
rt_sigaction 13 134
rt_sigpending 127 136
rt_sigprocmask 14 135
rt_sigqueueinfo 129 138
rt_sigreturn 15 139
rt_sigsuspend 130 133
rt_sigtimedwait 128 137
rt_tgsigqueueinfo 297 240
sched_getaffinity 204 123
sched_setaffinity 203 122
sched_setscheduler 144 119
sched_yield 24 124
seccomp 317 277
select 23 -
semget 64 190
sendto 44 206
set_robust_list 273 99
set_tid_address 218 96
setitimer 38 103
setns 308 268
setpgid 109 154
setpriority 141 140
setresuid 117 147
setrlimit 160 164
setsid 112 157
setuid 105 146
setxattr 188 5
shmat 30 196
shmctl 31 195
shmget 29 194
sigaltstack 131 132
socket 41 198
socketpair 53 199
stat 4 -
statx 332 291
symlink 88 -
symlinkat 266 36
sysinfo 99 179
tgkill 234 131
time 201 -
timer_create 222 107
times 100 153
tkill 200 130
truncate 76 45
umask 95 166
umount2 166 39
uname 63 160
unlink 87 -
unlinkat 263 35
unshare 272 97
userfaultfd 323 282
utime 132 -
utimensat 280 88
utimes 235 -
vfork 58 -
vmsplice 278 75
wait4 61 260
write 1 64
writev 20 66
"""
