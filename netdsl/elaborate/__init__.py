"""From syntax trees to graphs: linking files, evaluating values, expanding blocks, inferring types."""
