"""How an answer is checked; the same code in the notebook and in the judge.

Read in this order: `model` (what a check, a finding and a report are), `student` (answers by name),
`compare` (shape and type first, then values, then an explanation), `picture` (which elements are wrong),
`confirm` (a mistake is named where it is made on other inputs too), `run` (checks to statuses and points),
`smaller` (the smallest inputs that show a mistake), `panel` (what the student sees), `door` (`check("name")`,
the public way in).
"""
