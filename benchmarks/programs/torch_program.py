"""Train with PyTorch, eager or compiled: tensors in memory and fused Adam."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from programs.worker import LEARNING_RATE, serve

ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "tanh": nn.Tanh}


def make_network(widths, activation):
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), activation()]
        nn.init.kaiming_uniform_(layers[-2].weight, nonlinearity="relu")
        nn.init.zeros_(layers[-2].bias)
    nn.init.xavier_uniform_(layers[-2].weight)
    return nn.Sequential(*layers[:-1])


class VAE(nn.Module):
    def __init__(self, configuration):
        super().__init__()
        activation = ACTIVATIONS[configuration.activation]
        self.encoder = make_network(configuration.encoder_widths, activation)
        self.decoder = make_network(configuration.decoder_widths, activation)

    def forward(self, x):
        """Compute the negative ELBO, averaged over the batch."""
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        bce = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum")
        kl = 0.5 * (logvar.exp() + mean.square() - 1.0 - logvar).sum()
        return (bce + kl) / len(x)


def make(configuration, images, compiled=False):
    torch.set_num_threads(2)
    torch.manual_seed(1)
    model = VAE(configuration)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    pixels = torch.from_numpy(images).float() / 255
    loss_fn = torch.compile(model) if compiled else model

    def run_epoch():
        total = torch.zeros(())
        order = torch.randperm(len(pixels))
        for indices in order.split(configuration.batch_size)[: configuration.num_steps]:
            x = pixels[indices]
            if configuration.dynamic:
                x = torch.bernoulli(x)
            optimizer.zero_grad()
            loss = loss_fn(x)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total.item() / configuration.num_steps

    @torch.no_grad()
    def negative_elbo(images):
        return model(torch.from_numpy(images).float() / 255).item()

    return run_epoch, negative_elbo


if __name__ == "__main__":
    serve(make)
