"""Certificates that openssl makes on the spot."""

import subprocess


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def certificate(folder, name, signer, alternative):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{signer}.pem", "-CAkey", f"{signer}.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def make_house(folder):
    """Two authorities, `house` and `stranger`; `ours` and `monitor` are of the house, `intruder` is not."""
    for name in ("house", "stranger"):
        authority(folder, name)
    certificate(folder, "ours", "house", "IP:127.0.0.1")
    certificate(folder, "monitor", "house", "IP:127.0.0.1")
    certificate(folder, "elsewhere", "house", "DNS:elsewhere.example")
    certificate(folder, "intruder", "stranger", "IP:127.0.0.1")
    return folder
