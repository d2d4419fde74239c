"""Tests of the services of user/services, and of systems made of them."""
