"""The skeletons tell a subclass by name, shape and reason what it breaks."""

import numpy as np
import pytest

from course_lib import Affine, Elementwise, Layer
from course_lib.errors import DefinitionError, ShapeError


def _affine(backward):
    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    kind = type("Mine", (Affine,), {"forward": forward, "backward": backward})
    layer = kind(np.ones((3, 4)), np.zeros(4))
    layer.forward(np.ones((2, 3)))
    return layer


def test_a_transposed_dx_is_told_by_name_shape_and_reason():
    layer = _affine(lambda self, dout: self.w @ dout.T)
    with pytest.raises(ShapeError) as caught:
        layer.backward(np.ones((2, 4)))
    assert "Mine.backward returned dx of shape (3, 2), expected (2, 3)." in str(caught.value)
    assert "x has shape (2, 3)" in caught.value.why
    assert "which factor of a product comes first" in caught.value.mend


def test_a_bias_gradient_with_a_kept_dimension_is_told():
    def backward(self, dout):
        self.dw, self.db = self.x.T @ dout, dout.sum(axis=0, keepdims=True)
        return dout @ self.w.T

    with pytest.raises(ShapeError, match=r"left db of shape \(1, 4\), expected \(4,\)"):
        _affine(backward).backward(np.ones((2, 4)))


def test_a_right_layer_passes_unchanged():
    def backward(self, dout):
        self.dw, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.w.T

    layer = _affine(backward)
    assert layer.backward(np.ones((2, 4))).shape == (2, 3)
    assert layer.db.tolist() == [2, 2, 2, 2]


def test_an_upstream_of_the_wrong_shape_is_the_callers_fault_and_told():
    with pytest.raises(ShapeError, match=r"given dout of shape \(4, 2\), expected \(2, 4\)"):
        _affine(lambda self, dout: dout).backward(np.ones((4, 2)))


def test_backward_before_forward_is_told():
    class Same(Layer):
        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    with pytest.raises(DefinitionError, match="called before forward"):
        Same().backward(np.ones(3))


def test_a_backward_without_return_is_told():
    with pytest.raises(DefinitionError, match="returned None"):
        _affine(lambda self, dout: None).backward(np.ones((2, 4)))


def test_a_backward_that_returns_the_gradients_of_the_parameters_too_is_told():
    with pytest.raises(DefinitionError) as caught:
        _affine(lambda self, dout: (dout @ self.w.T, self.x.T @ dout, dout.sum(0))).backward(np.ones((2, 4)))
    assert "return dx alone; put dw into self.dw and db into self.db" in caught.value.mend


def test_a_forward_that_returns_its_cache_too_is_told():
    class Pair(Layer):
        def forward(self, x):
            return 2 * x, x

    with pytest.raises(DefinitionError, match="forward returned a tuple of 2 values"):
        Pair().forward(np.ones(3))


def test_a_forward_without_return_is_told():
    class Silent(Layer):
        def forward(self, x):
            self.x = x

    with pytest.raises(DefinitionError, match="forward returned None"):
        Silent().forward(np.ones(3))


def test_a_layer_of_two_inputs_gives_two_gradients():
    class Mul(Layer):
        inputs = ("x", "y")

        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, dout):
            return dout * self.y

    layer = Mul()
    layer.forward(np.ones(3), np.ones(3))
    with pytest.raises(DefinitionError, match="one gradient"):
        layer.backward(np.ones(3))


def test_an_element_wise_layer_keeps_the_shape():
    class Total(Elementwise):
        def forward(self, x):
            return x.sum()

    with pytest.raises(ShapeError, match=r"Total.forward returned shape \(\), expected \(3,\)"):
        Total().forward(np.ones(3))


def test_an_unwritten_method_says_which():
    with pytest.raises(NotImplementedError, match=r"write Affine\.backward"):
        Affine(np.ones((2, 2)), np.ones(2)).backward(np.ones((2, 2)))
