"""Windows (user/services/screen, input, wm, terminal): systems that boot; tests hold their keys and mouse, and read their screen."""
