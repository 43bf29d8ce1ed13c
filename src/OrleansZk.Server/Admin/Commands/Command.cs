using System.Text;
using System.Text.Json;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin.Facts;

namespace OrleansZk.Server.Admin.Commands;

/// <summary>Something that operators can ask: a command of the admin port, and, when it is an <see cref="IFourLetterWord"/>, a word of the client port.</summary>
/// <remarks>Each kind has a file in this folder and a row in <see cref="CommandTable"/>.</remarks>
/// <param name="names">ZooKeeper's name for it, and then its aliases.</param>
internal abstract class Command(params string[] names)
{
    public string Name => Names[0];

    public IReadOnlyList<string> Names => names;

    /// <summary>False when it is answered over HTTP even while clients are not served.</summary>
    public virtual bool NeedsServing => true;

    /// <summary>True when asking changes something: over HTTP it takes a POST that <see cref="ChangeGuard"/> lets through.</summary>
    public virtual bool ChangesState => false;

    /// <summary>Writes the properties of the answer, but for the command's name and the error.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public abstract string? WriteJson(Utf8JsonWriter json, Question question);
}

/// <summary>A place in a long answer where what there is of it can be sent, and others have their turn.</summary>
internal readonly record struct Part;

/// <summary>A command whose answer grows with connections, sessions or watches: it is made and sent in parts, and one at a time is answered (<see cref="CommandGate"/>).</summary>
/// <remarks>No lock may be held, and nothing be copied of which there is no bound but memory, from one part to the next.</remarks>
internal abstract class LongCommand(params string[] names) : Command(names), IFourLetterWord
{
    /// <summary>Lines, paths or ids between two parts.</summary>
    protected const int ItemsPerPart = 128;

    public abstract string Word { get; }

    /// <summary>Writes the answer as ZooKeeper formats it; the text may be taken away and cleared at each part.</summary>
    public abstract IEnumerable<Part> WriteTextInParts(StringBuilder text, Question question);

    /// <summary>Writes the properties of the answer, but for the command's name and the error; what is written may be sent at each part.</summary>
    public abstract IEnumerable<Part> WriteJsonInParts(Utf8JsonWriter json, Question question);

    public void WriteText(StringBuilder text, Question question)
    {
        foreach (Part _ in WriteTextInParts(text, question))
        {
        }
    }

    public sealed override string? WriteJson(Utf8JsonWriter json, Question question)
    {
        foreach (Part _ in WriteJsonInParts(json, question))
        {
        }

        return null;
    }
}

/// <summary>A command that has a word of four letters.</summary>
internal interface IFourLetterWord
{
    string Word { get; }

    /// <summary>False when the word is answered even while clients are not served.</summary>
    bool WordNeedsServing => true;

    /// <summary>Bytes that follow the word.</summary>
    int ArgumentLength => 0;

    /// <summary>Writes the answer as ZooKeeper formats it.</summary>
    void WriteText(StringBuilder text, Question question);
}

/// <summary>What is asked, and by whom.</summary>
/// <param name="Asker">The connection that a four-letter word came on.</param>
/// <param name="Argument">The bytes after the word.</param>
/// <param name="Query">The parameters of the HTTP request.</param>
internal sealed record Question(
    ServerFacts Facts, ClientConnection? Asker = null, byte[]? Argument = null, IQueryCollection? Query = null);
