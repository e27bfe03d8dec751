"""TLS to a server: the context for its settings, and plain words for a failed handshake."""

from __future__ import annotations

import ssl

from faxstore.settings.values import Tls


def client_context(tls: Tls) -> ssl.SSLContext:
    """Return the context for a client.  Raises ValueError if ca_file contains no certificates."""
    try:
        context = ssl.create_default_context(cafile=str(tls.ca_file) if tls.ca_file else None)
    except (OSError, ValueError) as error:
        raise ValueError(f"TLS: ca_file {tls.ca_file} cannot be used: {handshake_error(error)}") from error
    # The same rules on every Python: 3.13 made the strict rules of RFC 5280 the default, which certificates by
    # Asterisk's contrib/scripts/ast_tls_cert violate, and accepts the server's own certificate as a ca_file.
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def handshake_error(error: Exception) -> str:
    """Return why a handshake failed, without the numbers and source lines of OpenSSL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "the handshake failed").replace("_", " ").lower()
        return f"{reason} (is this the TLS port?)" if reason == "wrong version number" else reason
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
