"""What a number of faxes needs: disk, memory and processors.

* figures.py: what one fax costs, as `make bench` measured it.
* demand.py: the faxes to plan for, and what follows from their number: rows, faxes at once, appends.
* disk.py, machine.py: the lines of the plan, from the demand and the figures.
* own_figures.py: demand and figures as a database shows them (`--measured`).
* plan.py: all lines together.

faxstore/report/capacity.py prints the lines.
"""
