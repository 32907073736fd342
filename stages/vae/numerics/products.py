"""Matrix products with the same bits on every CPU, and their gradients."""

from vae.numerics.determinism import optimization_barrier, tf

TILE = 16
FEW_ROWS = 48


@tf.custom_gradient
def trained_product(x: tf.Tensor, kernel: tf.Tensor):
    """Multiply `x` [batch, inputs] by a kernel [inputs, outputs]; both have gradients.

    The gradient of the kernel is x^T upstream; x is transposed before the product.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return (
            product(upstream, kernel, transpose_b=True),
            product(transposed_first(x), upstream),
        )

    return product(x, kernel), gradient


def transposed_first(x: tf.Tensor) -> tf.Tensor:
    """Transpose a matrix before it becomes the left factor of a product.

    XLA would merge the transposition into the product, which then takes twice the time
    on a CPU. The barrier prevents this.
    """
    return optimization_barrier(tf.transpose(x))[0]


def product(a: tf.Tensor, b: tf.Tensor, *, transpose_b: bool = False) -> tf.Tensor:
    """Multiply `a` by `b`, or by `b` transposed; return [rows, columns]."""
    rows, columns = a.shape[0], b.shape[0 if transpose_b else 1]
    a, b = pad_to_tiles(a, b, transpose_b=transpose_b)
    return tf.matmul(a, b, transpose_b=transpose_b)[:rows, :columns]


def pad_to_tiles(
    a: tf.Tensor, b: tf.Tensor, *, transpose_b: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Pad with zeros, so that a product has multiples of TILE rows and columns.

    For some sizes, such as 52 x 784 times 784 x 80, the last bits of XLA's products
    differ between CPUs with AVX-512 and others. The remainders of tiles, whose size
    depends on the CPU, seem to be summed in another order. `make emulate` checks that
    padded products, and products with at most FEW_ROWS rows, do not differ.
    """
    rows, columns = a.shape[0], b.shape[0 if transpose_b else 1]
    more_rows = -rows % TILE if rows > FEW_ROWS else 0
    more_columns = -columns % TILE
    a = tf.pad(a, [[0, more_rows], [0, 0]])
    b = tf.pad(b, [[0, more_columns], [0, 0]][:: 1 if transpose_b else -1])
    return a, b
