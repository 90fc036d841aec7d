"""The test suite; a package, so that test files of equal names in its folders do not clash."""
