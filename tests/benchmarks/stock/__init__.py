"""The reference server: stock Strawberry, SQLModel and DataLoader over the same tables."""
