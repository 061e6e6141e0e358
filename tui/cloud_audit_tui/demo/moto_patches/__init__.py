"""What AWS does and moto does not, as far as a fix of ours meets it: a module for each of moto's services."""
