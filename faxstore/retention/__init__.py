"""The retention of personal values, rows and totals: the rules of [retention], applied to whole months.

`due` finds the months whose periods have ended.  `applying` applies the rules to them, in their order: `erasing` erases
personal values, faxstore.archive moves rows to files and drops them, and `deleting` deletes the rest.
"""
