class Adapter:
    """One other party's way of doing a thing that several do in ways of their own.

    A *kind* is a direct subclass: it names the methods that its adapters have, with
    docstrings, and raises for those that have no answer of their own. An *adapter* is a
    subclass of a kind with a ``name``, which a record's field holds. So a new partner
    is a new file with a class in ``adapters/``, and a list of names nowhere.

    An adapter keeps nothing but ``env``; what it needs beyond is an argument.
    """

    name = ""
    #: what people see of it: a lazy translation
    label = ""

    def __init__(self, env):
        self.env = env

    def __init_subclass__(cls, **kwargs):  # pylint: disable=missing-return
        super().__init_subclass__(**kwargs)
        if Adapter in cls.__bases__:
            cls._adapters = {}
        elif "name" in vars(cls):
            cls._adapters.setdefault(cls.name, []).append(cls)

    @classmethod
    def _present(cls, env):
        """Map names to classes of addons that the database has: a server's Python knows
        those of all its databases. The addon that is loaded last counts."""
        modules = env.registry._init_modules
        return {
            name: found[-1]
            for name, classes in cls._adapters.items()
            if (
                found := [
                    adapter
                    for adapter in classes
                    # while a registry is being built, not all are entered yet
                    if not env.registry.ready
                    or adapter.__module__.split(".")[2] in modules
                ]
            )
        }

    @classmethod
    def get(cls, env, name):
        """Return the adapter of this kind with this name.

        :raise LookupError: the database has none
        """
        try:
            return cls._present(env)[name](env)
        except KeyError:
            raise LookupError(f"no {cls.__name__} is called {name!r}") from None

    @classmethod
    def names(cls, env, which=lambda adapter: True):
        """Return the names of the adapters for whose class ``which`` is true."""
        return [name for name, found in cls._present(env).items() if which(found)]

    @classmethod
    def selection(cls, env):
        """Return names and labels, for the selection of a record's field."""
        return [
            (name, env._(adapter.label)) for name, adapter in cls._present(env).items()
        ]
