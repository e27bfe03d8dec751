"""TLS to a server: the context that its settings ask for, and what a failed handshake means in plain words."""

from __future__ import annotations

import ssl

from faxstore.settings.values import Tls


def context_of(tls: Tls) -> ssl.SSLContext:
    """A client's context.  Raises ValueError for a ca_file that holds no certificates."""
    try:
        context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
    except (OSError, ValueError) as error:
        raise ValueError(f"TLS: ca_file {tls.ca_file} cannot be used: {reason_of(error)}") from error
    # The same on every Python: 3.13 made the strict rules of RFC 5280 the default, which Asterisk's own
    # contrib/scripts/ast_tls_cert does not keep, and takes the server's own certificate as a ca_file.
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def reason_of(error: Exception) -> str:
    """What went wrong in a handshake, without the numbers and source lines of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "the handshake failed").replace("_", " ").lower()
        return f"{reason} (is this the TLS port?)" if reason == "wrong version number" else reason
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
