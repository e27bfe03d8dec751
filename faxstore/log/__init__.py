"""The transparency log of the history: an RFC 6962 Merkle tree whose leaf n is the row at position n.

`seal` adds the rows that are new and signs a checkpoint: the number of rows and the root over them.  `prove` makes
proofs that a row is in the log, and that one checkpoint is the beginning of another.  `canonical` defines the bytes of
a leaf, `leaves` reads them, `tree` is the arithmetic, `stored` is the part of the tree that the database stores.
Comparing the history with the log is the task of faxstore/verify.
"""
