"""The console, the API and what monitors ask: thin routes over the services. No rule of the product lives here.

``app`` puts it together, ``server`` runs it, ``visitor`` says who asks, ``forms`` guards what is sent, ``pages`` draws,
``headers`` adds what every answer carries, ``health`` answers monitors; the other modules are the pages, one a subject.
"""
