"""The network (user/services/virtio_net, net): on the host, and in systems that boot, whose wire the tests hold."""
