"""Restormer in its plain form, in PyTorch's own order of memory, for benchmarks."""

import torch
from torch.nn import functional as F

from harness_nets.restormer import VARIANCE_FLOOR


def plain_norm(norm, features):
    """The variance of rows of channels, which are made and put back."""
    batch, channels, height, width = features.shape
    rows = features.view(batch, channels, height * width).transpose(1, 2).contiguous()
    variance = rows.var(dim=-1, keepdim=True, correction=0)
    scaled = rows / torch.sqrt(variance + VARIANCE_FLOOR) * norm.body["weight"]
    return scaled.transpose(1, 2).reshape(batch, channels, height, width)


def plain_attention(attention, features):
    """Queries and keys are normalised, values attended to, the result projected."""
    batch, channels, height, width = features.shape
    shape = (batch, attention.heads, channels // attention.heads, height * width)
    parts = attention.qkv_dwconv(attention.qkv(features)).chunk(3, dim=1)
    query, key, value = (part.reshape(shape) for part in parts)
    query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)
    weights = (query @ key.transpose(-2, -1) * attention.temperature).softmax(dim=-1)
    return attention.project_out((weights @ value).reshape(features.shape))


def plain_blocks(blocks, features):
    for block in blocks:
        features = features + plain_attention(block.attn, plain_norm(block.norm1, features))
        features = features + block.ffn(plain_norm(block.norm2, features))
    return features


def plain_restormer(network, noisy):
    """The network in PyTorch's own order of memory."""
    level1 = plain_blocks(network.encoder_level1, network.patch_embed["proj"](noisy))
    level2 = plain_blocks(network.encoder_level2, network.down1_2.body(level1))
    level3 = plain_blocks(network.encoder_level3, network.down2_3.body(level2))
    features = plain_blocks(network.latent, network.down3_4.body(level3))
    features = torch.cat([network.up4_3.body(features), level3], dim=1)
    features = plain_blocks(network.decoder_level3, network.reduce_chan_level3(features))
    features = torch.cat([network.up3_2.body(features), level2], dim=1)
    features = plain_blocks(network.decoder_level2, network.reduce_chan_level2(features))
    features = torch.cat([network.up2_1.body(features), level1], dim=1)
    features = plain_blocks([*network.decoder_level1, *network.refinement], features)
    return network.output(features) + noisy
