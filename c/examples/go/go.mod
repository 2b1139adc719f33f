module yunowebhooks.example

go 1.24
