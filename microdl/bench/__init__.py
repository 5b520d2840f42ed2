"""``microdl bench``: the time and the memory of microdl's work, side by side with other frameworks'.

Each measurement has a process of its own, and the frameworks take turns: two thread pools in one process slow each
other, and a machine is not equally fast all the time. A theme (`themes/`) declares rows; a row says once what is to be
done, with one function for each framework. `worker` runs one row with one framework in a new process, `runner` lets
them take turns, `report` and `chart` show the result.

A worker imports these modules without microdl, so that a peer's process holds the peer alone: imports here are
relative, and none names microdl.
"""
