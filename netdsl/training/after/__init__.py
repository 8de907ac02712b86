"""What comes after a run: its model made again from its spec, evaluated, asked, exported."""
