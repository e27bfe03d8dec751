"""Every fax as it ends, and its corrections, in an order that a reader can continue from (`faxstore follow`).

`position` is the place of a line in that order, `versions` finds what is new after a place, `lines` formats it, and
`follower` waits for more.  Nothing is stored for a reader: its last position says all.
docs/decisions/0059-follow-folds-versions.md has the reasons.
"""
