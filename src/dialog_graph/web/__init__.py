"""The pages for people: GraphiQL with a token picker, and the start page; their sources, build and routes."""
