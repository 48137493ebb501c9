"""The store's methods, by the nouns of its records and tables: the class of each module is a part of the store."""
