"""stub"""
ANSWERS = ()
