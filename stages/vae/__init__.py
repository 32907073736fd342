"""A dense variational autoencoder: the model here, what lies around it in folders."""
