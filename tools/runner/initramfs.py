"""Writes an initramfs: a cpio archive in the `newc` format (Linux: Documentation/driver-api/early-userspace/buffer-format)."""

import os
import stat

from tools.runner.options import Refusal

STANDARD_FOLDERS = ("dev", "proc", "tmp")
TRAILER = "TRAILER!!!"


class Archive:
    """Collects entries, each path once, folders before what they hold."""

    def __init__(self):
        self._chunks = []
        self._paths = set()
        self._size = 0
        self._inode = 0

    def folder(self, path):
        """Adds a folder and those above it."""
        if path and path not in self._paths:
            self.folder(os.path.dirname(path))
            self._entry(path, stat.S_IFDIR | 0o755, b"")

    def file(self, path, data, mode=0o644):
        """Adds a regular file."""
        self.folder(os.path.dirname(path))
        self._entry(path, stat.S_IFREG | mode, data)

    def link(self, path, target):
        """Adds a symbolic link."""
        self.folder(os.path.dirname(path))
        self._entry(path, stat.S_IFLNK | 0o777, os.fsencode(target))

    def tree(self, source, path):
        """Adds a file, link or whole folder of the host as `path`."""
        if os.path.islink(source):
            self.link(path, os.readlink(source))
        elif os.path.isdir(source):
            self.folder(path)
            for name in sorted(os.listdir(source)):
                self.tree(os.path.join(source, name), os.path.join(path, name))
        else:
            with open(source, "rb") as file:
                self.file(path, file.read(), stat.S_IMODE(os.stat(source).st_mode))

    def bytes(self):
        """The archive, ended and padded as cpio does."""
        self._entry(TRAILER, 0, b"")
        self._append(b"\0" * (-self._size % 512))
        return b"".join(self._chunks)

    def _append(self, data):
        self._chunks.append(data)
        self._size += len(data)

    def _entry(self, path, mode, data):
        if path in self._paths:
            return
        self._paths.add(path)
        self._inode += 1
        name = os.fsencode(path) + b"\0"
        # inode, mode, uid, gid, links, mtime, size, device major and minor, node major and minor, name size, checksum
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        self._append(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        self._append(b"\0" * (-self._size % 4))
        self._append(data)
        self._append(b"\0" * (-self._size % 4))


def guest_path(path):
    """The name that a host path has inside: itself, without the leading slash; its last part when it points upward."""
    inside = os.path.normpath(path).lstrip("/")
    return os.path.basename(os.path.abspath(path)) if inside.startswith("..") or inside == "." else inside


def build(files):
    """An archive of host paths under their own names and of the standard folders. `files`: (host path, guest path)."""
    archive = Archive()
    for folder in STANDARD_FOLDERS:
        archive.folder(folder)
    for source, path in files:
        if not os.path.exists(source):
            raise Refusal(f"{source} does not exist.")
        archive.tree(os.path.realpath(source), path)
    return archive.bytes()
