"""What only shows when several files of one app are held together (app folder §14, codes 9xxx)."""
