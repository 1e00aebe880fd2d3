"""Files as kubelet puts them into a container."""

import os
import shutil


class Volume:
    """A Secret as kubelet shows it: files are links into ..data, which is turned in one step."""

    def __init__(self, folder, pair):
        self.folder, self.turn = folder, 0
        folder.mkdir()
        self.publish(pair)
        for name in ("tls.crt", "tls.key"):
            (folder / name).symlink_to(f"..data/{name}")

    def publish(self, pair):
        self.turn += 1
        revision = self.folder / f"..{self.turn}"
        revision.mkdir()
        for source, name in zip(pair, ("tls.crt", "tls.key")):
            if source is not None:
                shutil.copy(source, revision / name)
                (revision / name).chmod(0o600)
        link = self.folder / "..data_tmp"
        link.symlink_to(revision.name)
        os.replace(link, self.folder / "..data")

    @property
    def tls(self):
        return {"certificate_file": str(self.folder / "tls.crt"), "key_file": str(self.folder / "tls.key")}
