"""Computation graphs: built by ordinary Python expressions, on gates whose backward students write.

    Graph, Node      values, and how they were made; order and backward pass are the student's
    StandInGate      a gate that is not written yet: its forward, and a slow numerical backward
    check_graph      which gradient is the first wrong one, seen from the output
    step_through     forward and backward, one node at a time, to look at
    random_wiring    a randomly wired network; random_edges: who hands to whom in it (both need networkx)

To be read in this order: `gates`, `node`, `check`; `course_lib.drawing` draws.
"""

from course_lib.graph.check import check_graph
from course_lib.graph.gates import StandInGate
from course_lib.graph.node import Graph, Node
from course_lib.graph.stepping import step_through
from course_lib.graph.wiring import random_edges, random_wiring

__all__ = ["Graph", "Node", "StandInGate", "check_graph", "random_edges", "random_wiring", "step_through"]
